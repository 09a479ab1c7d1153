// SPDX-License-Identifier: Apache-2.0
import type { KubeObject } from '../kube-object.js';
import { durationText } from './duration-text.js';
import { HTTP_PATH, httpTimes, tcpKeepalives } from './policy-values.js';
import { AWS_ALB, AWS_NLB, AZURE_LB, GCP_LB, type Product } from './products.js';
import type { Hit, LintRule, Severity, Surroundings } from './rule.js';
import {
  CONNTRACK,
  ELB_KEEPALIVE,
  GCP_BACKEND_KEEPALIVE,
  HTTP1_CLOSE,
  KUBE_PROXY,
  NAT_RFC,
} from './sources.js';

const KIND = 'AgentgatewayPolicy';
const RAISED = 'when the policy, its Gateway or --in-front names the product';
/** RFC 5382 REQ-5: a NAT must not forget an established connection that was idle for less, 2 h 4 m. */
const NAT_IDLE_SECONDS = 7440;
/** The kernel's own is 432,000 s; kube-proxy sets a day on every node. No value of a policy comes near. */
const CONNTRACK_IDLE_SECONDS = 86_400;
const BY_PACKETS: readonly Product[] = [AWS_NLB, AZURE_LB, GCP_LB];

/** Rules about what stands between clients and the gateway and cuts idle connections in its own time. */
export const CUT_OFF_RULES: readonly LintRule[] = [
  ...BY_PACKETS.map(missRule),
  {
    ...{ id: 'cut-off-nat', severity: 'info', kind: KIND, field: 'time' },
    says: 'The first packet comes after 2h4m, when a NAT may have forgotten the connection (RFC 5382); many forget far sooner.',
    sources: [NAT_RFC],
    check: (policy, { inFront }) =>
      inFront?.length === 0
        ? []
        : firstPackets(policy)
            .filter(({ afterMs }) => afterMs >= NAT_IDLE_SECONDS * 1000)
            .map(({ field, afterMs }) => ({
              field,
              message: `${durationText(afterMs)} is not below the 2h4m after which a NAT may forget an idle connection`,
            })),
  },
  {
    ...{ id: 'cut-offs-met', severity: 'info', kind: KIND, field: 'time, http2KeepaliveInterval' },
    says: 'The cut-offs that a packet comes before: the idle connection is kept.',
    sources: [...BY_PACKETS.map(({ source }) => source), CONNTRACK, KUBE_PROXY],
    check: cutOffsMet,
  },
  {
    ...{ id: 'aws-alb-idle', severity: 'info', kind: KIND, field: 'tcp.keepalive' },
    raised: `of PINGs: ${RAISED}`,
    says: 'An ALB closes what had no request or answer for 60s; TCP probes and PINGs do not count, and reach the ALB, not the client.',
    sources: [AWS_ALB.source, ELB_KEEPALIVE],
    check: albIdle,
  },
  {
    ...{ id: 'http1-idle-race', severity: 'info', kind: KIND, field: 'http1IdleTimeout' },
    raised: RAISED,
    says: 'A gateway that closes idle HTTP/1 connections before the load balancer stops using them loses requests (502).',
    sources: [AWS_ALB.source, GCP_BACKEND_KEEPALIVE, HTTP1_CLOSE],
    check: idleRace,
  },
];

/** When a silent connection gets its first packet from the gateway. */
interface FirstPacket {
  readonly field: string;
  readonly afterMs: number;
}

function firstPackets(policy: KubeObject): readonly FirstPacket[] {
  const probes = tcpKeepalives(policy)
    .filter(({ side }) => side === 'frontend')
    .map(({ path, time }) => ({ field: `${path}.time`, afterMs: time.ms }));
  const ping = httpTimes(policy)?.pingInterval;
  if (ping === undefined) return probes;
  return [...probes, { field: `${HTTP_PATH}.http2KeepaliveInterval`, afterMs: ping }];
}

/** undefined = it is not there; else how sure that is. */
function severityOf(product: Product, { inFront }: Surroundings): Severity | undefined {
  if (inFront === undefined) return 'info';
  return inFront.includes(product) ? 'warning' : undefined;
}

function missRule(product: Product): LintRule {
  const { id, title, idleSeconds, range, source } = product;
  return {
    ...{ id: `cut-off-${id}`, severity: 'info', raised: RAISED, kind: KIND },
    field: 'time, http2KeepaliveInterval',
    says: `The first packet on an idle connection comes too late for ${title}, which forgets it after ${idleSeconds}s (${range}).`,
    sources: [source],
    check: (policy, surroundings) => {
      const severity = severityOf(product, surroundings);
      if (severity === undefined) return [];
      return firstPackets(policy)
        .filter(({ afterMs }) => afterMs >= idleSeconds * 1000)
        .map(({ field, afterMs }) => ({
          ...{ field, severity },
          message: `${durationText(afterMs)} is too late for ${title}, which forgets idle connections after ${idleSeconds}s (${range}); use less than ${idleSeconds}s`,
        }));
    },
  };
}

function cutOffsMet(policy: KubeObject, surroundings: Surroundings): readonly Hit[] {
  const limits = [
    ...BY_PACKETS.filter((product) => severityOf(product, surroundings) !== undefined),
    { title: "a node's conntrack", idleSeconds: CONNTRACK_IDLE_SECONDS },
  ];
  return firstPackets(policy).map(({ field, afterMs }) => {
    const met = limits
      .filter(({ idleSeconds }) => afterMs < idleSeconds * 1000)
      .map(({ title, idleSeconds }) => `${title} (${idleSeconds}s)`);
    return { field, message: `${durationText(afterMs)} keeps idle connections in ${list(met)}` };
  });
}

function list(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

function albIdle(policy: KubeObject, surroundings: Surroundings): readonly Hit[] {
  const severity = severityOf(AWS_ALB, surroundings);
  if (severity === undefined) return [];
  return firstPackets(policy).map(({ field }): Hit => {
    const isPing = field.startsWith(HTTP_PATH);
    const what = isPing ? 'PINGs' : 'TCP probes';
    return {
      field,
      severity: isPing ? severity : 'info',
      message: `${what} do not reset the idle timeout of ${AWS_ALB.title} (${AWS_ALB.idleSeconds}s), and reach the load balancer, not the client`,
    };
  });
}

function idleRace(policy: KubeObject, surroundings: Surroundings): readonly Hit[] {
  const idle = httpTimes(policy)?.idle;
  if (idle === undefined) return [];
  return [AWS_ALB, GCP_LB].flatMap((product): readonly Hit[] => {
    const severity = severityOf(product, surroundings);
    const limitMs = (product.reuseSeconds ?? 0) * 1000;
    if (severity === undefined || idle.ms > limitMs) return [];
    // A default is worth a line only where it is known to hurt.
    if (severity === 'info' && !idle.isGiven) return [];
    const value = `${durationText(idle.ms)}${idle.isGiven ? '' : ' (the default)'}`;
    return [
      {
        ...{ field: `${HTTP_PATH}.http1IdleTimeout`, severity },
        message: `${value} is not longer than the ${product.reuseSeconds}s for which ${loadBalancer(product)} uses an idle connection again: it may send a request into the close (502); use more than ${product.reuseSeconds}s`,
      },
    ];
  });
}

function loadBalancer(product: Product): string {
  return product === GCP_LB ? 'a Google Cloud Application Load Balancer' : product.title;
}
