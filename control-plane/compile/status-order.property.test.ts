// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { oneWorld } from '../../test/support/worlds.js';
import type { JsonValue } from '../log/transaction.js';
import type { Kind } from '../policy/kinds.js';
import type { KubeObject } from '../policy/kube-object.js';
import type { GatewayFacts } from './gateway-facts.js';
import { type ObjectStatus, objectStatuses } from './status.js';

const FACTS: GatewayFacts = {
  desiredLabel: '1-abc',
  liveWorkers: 2,
  inForceWorkers: 1,
  notReportedWorkers: 1,
  rejected: [],
  listenerErrors: [],
};

type Previous = (kind: Kind, namespace: string, name: string) => JsonValue | undefined;

function statusesOf(
  objects: readonly KubeObject[],
  nowMs: number,
  previous: Previous = () => undefined,
): readonly ObjectStatus[] {
  const ofKind = (kind: string): readonly KubeObject[] =>
    objects.filter((object) => object.kind === kind);
  return objectStatuses({
    policies: ofKind('AgentgatewayPolicy'),
    gateways: ofKind('Gateway'),
    gatewayClasses: ofKind('GatewayClass'),
    httpRoutes: ofKind('HTTPRoute'),
    tcpRoutes: ofKind('TCPRoute'),
    backends: ofKind('AgentgatewayBackend'),
    services: ofKind('Service'),
    secrets: ofKind('Secret'),
    grants: ofKind('ReferenceGrant'),
    gatewayFacts: () => FACTS,
    ...{ previous, nowMs },
  });
}

const idOf = ({ kind, namespace, name }: Omit<ObjectStatus, 'status'>): string =>
  `${kind.kind} ${namespace}/${name}`;

/** A world, and the same objects in another order. */
const shuffledWorld = oneWorld()
  .map((world) => world.flatMap(({ object }) => object ?? []))
  .chain((objects) =>
    fc.tuple(
      fc.constant(objects),
      fc.shuffledSubarray(objects, { minLength: objects.length, maxLength: objects.length }),
    ),
  );

describe('statuses of any world', () => {
  it('are the same in whatever order the objects come', () => {
    fc.assert(
      fc.property(shuffledWorld, ([objects, shuffled]) => {
        assert.equal(
          JSON.stringify(statusesOf(shuffled, 0)),
          JSON.stringify(statusesOf(objects, 0)),
        );
      }),
      { numRuns: 30 },
    );
  });

  it('are not written again when nothing changed but the time and the order', () => {
    fc.assert(
      fc.property(shuffledWorld, ([objects, shuffled]) => {
        const first = statusesOf(objects, 0);
        const written = new Map(first.map((one) => [idOf(one), one.status]));
        const previous: Previous = (kind, namespace, name) =>
          written.get(idOf({ kind, namespace, name }));
        assert.equal(JSON.stringify(statusesOf(shuffled, 1e12, previous)), JSON.stringify(first));
      }),
      { numRuns: 30 },
    );
  });
});
