// SPDX-License-Identifier: Apache-2.0
import { type IpFamily, ipBytes, ipFamily } from '../../shared/names/ip-address.js';
import { compareText } from '../../shared/names/sort.js';
import {
  type EndpointSliceBody,
  endpointSlice,
  type SliceEndpoint,
} from '../policy/endpoint-slice.js';
import type { KubeObject } from '../policy/kube-object.js';
import { type ServicePort, serviceSpec, tcpPorts } from '../policy/service-spec.js';

/** From a port of the Service to one of the endpoint. */
export interface PortPair {
  readonly servicePort: number;
  readonly targetPort: number;
}

/** One endpoint of one Service, after everything that its slices say about it. */
export interface EndpointFacts {
  /** As it is written in the slice. */
  readonly address: string;
  readonly bytes: Uint8Array;
  readonly isHealthy: boolean;
  /** Sorted by service port. */
  readonly ports: readonly PortPair[];
  /** Name of the pod, or the address. */
  readonly name: string;
  readonly node: string;
  readonly zone: string;
}

/** Ready; on its way out and still answering; neither. */
type Condition = 'ready' | 'draining' | 'unready' | 'gone';

interface Found {
  readonly endpoint: SliceEndpoint;
  readonly bytes: Uint8Array;
  readonly condition: Condition;
  readonly ports: readonly PortPair[];
}

/**
 * The endpoints of a Service, sorted by address. Slices may repeat an endpoint while controllers move it from
 * one to another: it is one, as good as its best entry, with the ports of all of them.
 *
 * Ready ones take traffic. Ones that end but still answer take it only when nothing is ready, as kube-proxy does
 * (KEP-1669), so that the last pod of a rollout is used to its end; else they are left out. Unready ones are
 * passed on as unhealthy.
 */
export function endpointFacts(
  service: KubeObject,
  slices: readonly KubeObject[],
): readonly EndpointFacts[] {
  const found = [...slices]
    .sort((a, b) => compareText(a.metadata.name, b.metadata.name))
    .flatMap((slice) => readSlice(endpointSlice(slice), tcpPorts(service)));
  const family = ownFamily(service);
  const merged = mergeByAddress(
    family === undefined ? found : found.filter(({ bytes }) => ipFamily(bytes) === family),
  );
  const isAnyReady = merged.some(({ condition }) => condition === 'ready');
  return merged
    .filter(({ condition }) => condition !== 'gone' && !(condition === 'draining' && isAnyReady))
    .map(({ endpoint, bytes, condition, ports }) => ({
      address: addressOf(endpoint),
      bytes,
      isHealthy: condition !== 'unready',
      ports,
      name: nameOf(endpoint),
      node: endpoint.nodeName ?? '',
      zone: endpoint.zone ?? '',
    }));
}

/**
 * A Service with two families has each pod once in each of them: one is enough, the Service's own. Undefined
 * when the Service does not say: then whatever the slices have.
 */
function ownFamily(service: KubeObject): IpFamily | undefined {
  const { ipFamilies, clusterIP, clusterIPs } = serviceSpec(service);
  const address = ipBytes(clusterIPs?.[0] ?? clusterIP ?? '');
  return ipFamilies?.[0] ?? (address === undefined ? undefined : ipFamily(address));
}

function readSlice(slice: EndpointSliceBody, ports: readonly ServicePort[]): readonly Found[] {
  if (slice.addressType === 'FQDN') return [];
  const pairs = portPairs(slice, ports);
  return slice.endpoints.flatMap((endpoint) => {
    const bytes = ipBytes(addressOf(endpoint));
    if (bytes === undefined || ipFamily(bytes) !== slice.addressType) return [];
    return [{ endpoint, bytes, condition: conditionOf(endpoint), ports: pairs }];
  });
}

/** Ports belong together by name; a slice that names no number means the Service's own. */
function portPairs(slice: EndpointSliceBody, ports: readonly ServicePort[]): readonly PortPair[] {
  return ports.flatMap(({ name = '', port }) => {
    const match = slice.ports.find((one) => (one.name ?? '') === name && one.protocol === 'TCP');
    return match === undefined ? [] : [{ servicePort: port, targetPort: match.port ?? port }];
  });
}

function conditionOf({ conditions = {} }: SliceEndpoint): Condition {
  const { ready = true, serving = ready, terminating = false } = conditions;
  if (ready) return 'ready';
  if (!terminating) return 'unready';
  return serving ? 'draining' : 'gone';
}

const GOODNESS: Readonly<Record<Condition, number>> = {
  ready: 3,
  draining: 2,
  unready: 1,
  gone: 0,
};

function mergeByAddress(found: readonly Found[]): readonly Found[] {
  const merged = new Map<string, Found>();
  for (const one of found) {
    const key = one.bytes.join('.');
    const before = merged.get(key);
    merged.set(key, before === undefined ? one : merge(before, one));
  }
  return [...merged].sort(([a], [b]) => compareText(a, b)).map(([, one]) => one);
}

/** On equal terms the first one stands, so that the order of slices' names decides and nothing else. */
function merge(a: Found, b: Found): Found {
  const better = GOODNESS[b.condition] > GOODNESS[a.condition] ? b : a;
  const other = better === a ? b : a;
  const extra = other.ports.filter(
    ({ servicePort }) => !better.ports.some((port) => port.servicePort === servicePort),
  );
  const ports = [...better.ports, ...extra].sort((x, y) => x.servicePort - y.servicePort);
  return { ...better, ports };
}

function addressOf({ addresses: [first = ''] }: SliceEndpoint): string {
  return first;
}

function nameOf(endpoint: SliceEndpoint): string {
  const { kind, name = '' } = endpoint.targetRef ?? {};
  return kind === 'Pod' && name !== '' ? name : addressOf(endpoint);
}
