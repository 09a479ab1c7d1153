// SPDX-License-Identifier: Apache-2.0
import { serviceName } from '../../shared/names/resource-keys.js';
import type { Backend__Output as Backend } from '../../shared/proto/gen/agentgateway/dev/resource/Backend.js';
import type { BackendPolicySpec__Output as BackendPolicy } from '../../shared/proto/gen/agentgateway/dev/resource/BackendPolicySpec.js';
import type { BackendReference__Output as BackendReference } from '../../shared/proto/gen/agentgateway/dev/resource/BackendReference.js';
import type { Listener__Output as Listener } from '../../shared/proto/gen/agentgateway/dev/resource/Listener.js';
import type { RouteName__Output as RouteName } from '../../shared/proto/gen/agentgateway/dev/resource/RouteName.js';
import type { TcpKeepalive } from '../engine/plan.js';
import type { HeldIndex } from './held-index.js';
import { keepaliveValues } from './keepalive-values.js';

/** One reference of one route to a backend: every place from which the backend's connections may get their values. */
export interface BackendUse {
  /** Key of the backend in a plan. */
  readonly key: string;
  readonly reference: BackendReference;
  /** Of the referenced AgentgatewayBackend. */
  readonly backendName: Backend['name'] | undefined;
  readonly route: RouteName | undefined;
  readonly listener: Listener | undefined;
  readonly port: number;
  /** Written at the reference itself. */
  readonly atReference: TcpKeepalive | undefined;
  /** Written in the backend itself. */
  readonly inBackend: TcpKeepalive | undefined;
}

/** Names a backend in a plan: its address where it is written out, its service and port, or its resource's key. */
export function backendKeyOf(reference: BackendReference | undefined): string {
  if (reference?.inline !== undefined) {
    const { hostname = '', port = 0 } = reference.inline;
    return `inline/${hostname}:${port}`;
  }
  if (reference?.service !== undefined) {
    return `service/${serviceName(reference.service)}:${reference.port ?? 0}`;
  }
  return reference?.backend ?? '';
}

/** Every use of every backend, in the order of routes. */
export function backendUses(index: HeldIndex): readonly BackendUse[] {
  const listeners = new Map(index.listeners.map(({ key, value }) => [key, value]));
  const ports = new Map(index.binds.map(({ key, value }) => [key, value.port ?? 0]));
  const uses: BackendUse[] = [];
  for (const { value: route } of [...index.routes, ...index.tcpRoutes]) {
    const listener = listeners.get(route.listenerKey ?? '');
    const port = ports.get(listener?.bindKey ?? '') ?? 0;
    for (const { backend: reference, backendPolicies } of route.backends) {
      if (!reference) continue;
      const held = index.backends.get(reference.backend ?? '')?.value;
      uses.push({
        key: backendKeyOf(reference),
        reference,
        backendName: held?.name,
        route: route.name ?? undefined,
        listener,
        port,
        atReference: ownKeepalive(backendPolicies),
        inBackend: ownKeepalive(held?.inlinePolicies ?? []),
      });
    }
  }
  return uses;
}

function ownKeepalive(policies: readonly BackendPolicy[]): TcpKeepalive | undefined {
  const tcp = policies.find(({ kind }) => kind === 'backendTcp')?.backendTcp;
  return tcp ? keepaliveValues(tcp.keepalive) : undefined;
}
