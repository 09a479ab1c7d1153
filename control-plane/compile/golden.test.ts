// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type Document, parseDocument } from 'yaml';
import { packageRoot } from '../../shared/process/package-root.js';
import { loadWire } from '../../shared/proto/wire.js';
import { crdAdmission } from '../../test/support/crd-admission.js';
import type { JsonValue } from '../log/transaction.js';
import { gatewaySpec } from '../policy/gateway-spec.js';
import { findKind } from '../policy/kinds.js';
import type { KubeObject } from '../policy/kube-object.js';
import { objectId } from '../policy/object-name.js';
import { compileGateway } from './compile-gateway.js';
import type { GatewayFacts } from './gateway-facts.js';
import { objectStatuses } from './status.js';
import { createTargetLookup } from './target-lookup.js';
import { gatewaysOf } from './targets.js';

/**
 * Each file of testdata/ is a case: `input` (objects as a user writes them), optionally `facts` by gateway
 * and `previous` statuses, and what comes of them: `resources` by gateway (as they are on the wire, in proto
 * JSON) and `statuses`, a line for each condition. HEARTLINE_UPDATE_GOLDENS=1 writes the answers anew,
 * HEARTLINE_GOLDEN=name runs one.
 */
interface GoldenCase {
  readonly now: string;
  readonly input: readonly { readonly kind: string }[];
  readonly facts?: { readonly [gateway: string]: GatewayFacts };
  readonly previous?: { readonly [object: string]: JsonValue };
  readonly resources?: unknown;
  readonly statuses?: unknown;
}

const root = packageRoot(import.meta.url);
const folder = join(root, 'control-plane/compile/testdata');
const admission = crdAdmission();
const wire = loadWire();
const only = process.env['HEARTLINE_GOLDEN'];
const isUpdate = process.env['HEARTLINE_UPDATE_GOLDENS'] === '1';

describe('goldens of the compiler', () => {
  for (const file of readdirSync(folder).sort()) {
    const name = file.replace(/\.yaml$/, '');
    if (only !== undefined && only !== name) continue;
    it(name, () => {
      const path = join(folder, file);
      const document = parseDocument(readFileSync(path, 'utf8'));
      const golden = document.toJS() as GoldenCase;
      const objects = golden.input.map(admit);
      const answers = {
        resources: compileAll(objects),
        statuses: computeStatuses(golden, objects),
      };
      if (isUpdate) writeFileSync(path, withAnswers(document, answers));
      else {
        assert.deepEqual(
          { resources: golden.resources, statuses: golden.statuses },
          answers,
          'not what the golden says; HEARTLINE_UPDATE_GOLDENS=1 refreshes it, then read every changed line',
        );
      }
    });
  }
});

function admit(object: { readonly kind: string }): KubeObject {
  const kind = findKind(object.kind);
  assert.ok(kind, object.kind);
  return admission.admit(kind, object, { fieldValidation: 'Strict' }).object;
}

function ofKind(objects: readonly KubeObject[], kind: string): readonly KubeObject[] {
  return objects.filter((object) => object.kind === kind);
}

function inputOf(objects: readonly KubeObject[]) {
  return {
    policies: ofKind(objects, 'AgentgatewayPolicy'),
    httpRoutes: ofKind(objects, 'HTTPRoute'),
    tcpRoutes: ofKind(objects, 'TCPRoute'),
    backends: ofKind(objects, 'AgentgatewayBackend'),
    services: ofKind(objects, 'Service'),
    secrets: ofKind(objects, 'Secret'),
    grants: ofKind(objects, 'ReferenceGrant'),
  };
}

/** Every gateway that any object names, existing or not. */
function compileAll(objects: readonly KubeObject[]): Record<string, unknown> {
  const gateways = ofKind(objects, 'Gateway');
  const lookup = createTargetLookup(objects);
  const names = objects.flatMap((object) => {
    const kind = findKind(object.kind);
    return kind === undefined ? [] : gatewaysOf(kind, object, lookup);
  });
  const ids = [...new Set(names.map(({ namespace, name }) => `${namespace}/${name}`))].sort();
  return Object.fromEntries(
    ids.map((id) => {
      const [namespace = '', name = ''] = id.split('/');
      const gateway = gateways.find((object) => objectId(object) === id);
      const gatewayClass = gateway && classOf(gateway, objects);
      const { resources } = compileGateway({
        gatewayName: { namespace, name },
        ...(gateway === undefined ? {} : { gateway }),
        ...(gatewayClass === undefined ? {} : { gatewayClass }),
        ...inputOf(objects),
      });
      const messages = resources.map((one) => [one.name, toProtoJson(readBack(one.message))]);
      return [id, Object.fromEntries(messages)];
    }),
  );
}

function classOf(gateway: KubeObject, objects: readonly KubeObject[]): KubeObject | undefined {
  const { gatewayClassName } = gatewaySpec(gateway);
  return ofKind(objects, 'GatewayClass').find(({ metadata }) => metadata.name === gatewayClassName);
}

/** What a worker decodes: nothing but what is on the wire. */
function readBack(message: Parameters<typeof wire.resource.encode>[0]): unknown {
  return wire.resource.decode(wire.resource.encode(message));
}

/** Proto JSON of a decoded message: durations as text, without what decoding adds. */
function toProtoJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toProtoJson);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (typeof value !== 'object' || value === null) return value;
  const fields = value as { readonly [key: string]: unknown };
  const keys = Object.keys(fields);
  if (keys.length > 0 && keys.every((key) => key === 'seconds' || key === 'nanos')) {
    const { seconds = 0, nanos = 0 } = fields as { seconds?: number; nanos?: number };
    return `${seconds + nanos / 1e9}s`;
  }
  const isAdded = (key: string): boolean => {
    const field = fields[key];
    if (Array.isArray(field)) return field.length === 0;
    const isOneof = (key === 'kind' || key === 'value') && typeof field === 'string';
    return key.startsWith('_') || (isOneof && field in fields);
  };
  return Object.fromEntries(
    keys.filter((key) => !isAdded(key)).map((key) => [key, toProtoJson(fields[key])]),
  );
}

function computeStatuses(golden: GoldenCase, objects: readonly KubeObject[]): unknown {
  const statuses = objectStatuses({
    ...inputOf(objects),
    gateways: ofKind(objects, 'Gateway'),
    gatewayClasses: ofKind(objects, 'GatewayClass'),
    previous: (kind, namespace, name) => golden.previous?.[`${kind.kind} ${namespace}/${name}`],
    nowMs: Date.parse(golden.now),
    gatewayFacts: ({ namespace, name }) => golden.facts?.[`${namespace}/${name}`],
  });
  return Object.fromEntries(
    statuses.map(({ kind, namespace, name, status }) => [
      `${kind.kind} ${namespace}/${name}`,
      foldConditions(status, golden.now),
    ]),
  );
}

/** `Accepted True Valid: message`, with the time where it is not now. */
function foldConditions(value: JsonValue, now: string): unknown {
  if (Array.isArray(value)) return value.map((item) => foldConditions(item, now));
  if (typeof value !== 'object' || value === null) return value;
  if ('lastTransitionTime' in value) {
    const { type, status, reason, message, lastTransitionTime } = value;
    const since = lastTransitionTime === now ? '' : ` (since ${lastTransitionTime})`;
    return `${type} ${status} ${reason}: ${message}${since}`;
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [key, foldConditions(field, now)]),
  );
}

/** The case with new answers; comments and the input stay as they were written. */
function withAnswers(document: Document, answers: Record<string, unknown>): string {
  for (const [key, answer] of Object.entries(answers)) {
    document.set(key, document.createNode(answer, { aliasDuplicateObjects: false }));
  }
  return document.toString({ lineWidth: 0 });
}

describe('statuses', () => {
  it('are equal to the previous ones when nothing changed, at any later time', () => {
    const objects = readCase('tcp-keepalive').input.map(admit);
    const facts = { desiredLabel: '1-abc', liveWorkers: 1, inForceWorkers: 1 };
    const input = {
      ...inputOf(objects),
      gateways: ofKind(objects, 'Gateway'),
      gatewayFacts: () => ({ ...facts, notReportedWorkers: 0, rejected: [], listenerErrors: [] }),
    };
    const first = objectStatuses({ ...input, previous: () => undefined, nowMs: 0 });
    const written = new Map(
      first.map((one) => [`${one.kind.kind} ${one.namespace}/${one.name}`, one.status]),
    );
    const second = objectStatuses({
      ...input,
      previous: (kind, namespace, name) => written.get(`${kind.kind} ${namespace}/${name}`),
      nowMs: 1e12,
    });
    assert.deepEqual(second, first);
    assert.equal(JSON.stringify(second), JSON.stringify(first));
  });
});

function readCase(name: string): GoldenCase {
  return parseDocument(readFileSync(join(folder, `${name}.yaml`), 'utf8')).toJS() as GoldenCase;
}
