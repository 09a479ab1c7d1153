// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { GatewayFacts } from '../../control-plane/compile/gateway-facts.js';
import { type ObjectStatus, objectStatuses } from '../../control-plane/compile/status.js';
import type { JsonValue } from '../../control-plane/log/transaction.js';
import type { Kind } from '../../control-plane/policy/kinds.js';
import type { KubeObject } from '../../control-plane/policy/kube-object.js';
import { loadCrds } from '../../control-plane/policy/load-crds.js';
import { normalize } from '../../control-plane/policy/normalize.js';
import type { StructuralSchema } from '../../control-plane/policy/structural-schema.js';
import { packageRoot } from '../../shared/process/package-root.js';
import { oneWorld } from '../support/worlds.js';

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

const crds = loadCrds(join(packageRoot(import.meta.url), 'deploy/crds'));

function statusSchema({ kind }: Kind): StructuralSchema {
  const crd = crds.find(({ spec }) => spec.names.kind === kind);
  const schema = crd?.spec.versions[0]?.schema.openAPIV3Schema.properties?.['status'];
  assert.ok(schema?.properties !== undefined, `${kind} has no schema of its status`);
  return schema;
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

  it('have the fields that the CRD files say, and no others', () => {
    fc.assert(
      fc.property(oneWorld(), (world) => {
        const objects = world.flatMap(({ object }) => object ?? []);
        for (const { kind, status } of statusesOf(objects, 0)) {
          const { unknown } = normalize(statusSchema(kind), status);
          assert.deepEqual(unknown, [], kind.kind);
        }
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
