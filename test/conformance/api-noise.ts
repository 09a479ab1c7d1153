// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import {
  sampleBackend,
  sampleGateway,
  samplePolicy,
  sampleRoute,
} from '../support/sample-objects.js';

/** One request that nobody sane sends; `path` with its query. */
export interface NoisyRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
}

const NAMESPACES = ['httpbin', 'other'] as const;
const NAMES = ['a', 'b', 'agentgateway-proxy'] as const;
const COLLECTIONS = [
  ['agentgateway.dev/v1alpha1', 'agentgatewaypolicies'],
  ['agentgateway.dev/v1alpha1', 'agentgatewaybackends'],
  ['gateway.networking.k8s.io/v1', 'gateways'],
  ['gateway.networking.k8s.io/v1', 'httproutes'],
] as const;
/** What paths, names and values are spoiled with. */
const SPLINTERS = [
  ...['', '.', '..', '%00', '%2e%2e', '%ff', '%C3%28', '%', 'A', '*', '~', ';', '//', '/', '-'],
  ...['__proto__', 'constructor', 'toString', 'a'.repeat(300), '\u{1F600}', 'status', 'scale'],
] as const;

const splinter = fc.constantFrom(...SPLINTERS);
const oddText = fc.oneof(splinter, fc.string({ unit: 'binary', maxLength: 12 }));

const oddNumber = fc.constantFrom(0, -0, -1, 1.5, 64, 65, 2 ** 31, 2 ** 53 + 2, 1e308, -1e308);

/** Keys that fool whoever copies objects without care are among the ordinary ones. */
const oddKey = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'toString', '', 'f:x'),
  fc.constantFrom('metadata', 'spec', 'status', 'name', 'kind', 'apiVersion', 'keepalive', 'time'),
  oddText,
);

const oddValue: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, false, '30s', '0s', '99999h', 'x'.repeat(5000), {}, []),
    oddNumber,
    oddText,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(oddKey, tie('value')), { maxLength: 4 }).map(fromEntries),
  ),
})).value;

/** As JSON.parse makes it: `__proto__` is a key like any other. */
function fromEntries(entries: readonly (readonly [string, unknown])[]): unknown {
  const body = entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  return JSON.parse(`{${body.join(',')}}`);
}

/** Where objects are changed: existing fields, new ones, items of lists. */
const POINTERS = [
  ...['', '/metadata', '/metadata/name', '/metadata/namespace', '/metadata/labels'],
  ...['/metadata/annotations', '/metadata/labels/team', '/metadata/resourceVersion'],
  ...['/metadata/uid', '/metadata/managedFields', '/metadata/managedFields/0/fieldsV1'],
  ...['/metadata/finalizers', '/metadata/ownerReferences', '/metadata/generation'],
  ...['/metadata/deletionTimestamp', '/metadata/creationTimestamp', '/metadata/__proto__/x'],
  ...[
    '/spec',
    '/spec/targetRefs',
    '/spec/targetRefs/0',
    '/spec/targetRefs/-',
    '/spec/targetRefs/9',
  ],
  ...['/spec/frontend', '/spec/frontend/tcp/keepalive/retries', '/spec/frontend/tcp/keepalive'],
  ...['/spec/frontend/tcp/keepalive/time', '/spec/listeners', '/spec/listeners/0/port'],
  ...['/spec/listeners/-', '/spec/listeners/0', '/spec/rules/0/backendRefs', '/spec/static/port'],
  ...[
    '/status',
    '/status/ancestors',
    '/kind',
    '/apiVersion',
    '/__proto__',
    '/constructor/prototype',
  ],
] as const;

const pointer = fc.oneof(
  { arbitrary: fc.constantFrom(...POINTERS), weight: 9 },
  { arbitrary: oddText.map((text) => `/${text}`), weight: 1 },
);

const sample = fc
  .tuple(fc.nat(3), fc.constantFrom(...NAMES), fc.constantFrom(...NAMESPACES))
  .map(([kind, name, namespace]) => {
    const makers = [
      () => samplePolicy(name, { time: '30s', retries: 3 }),
      () => sampleBackend(name),
      () => sampleGateway(name, [8080, 8090]),
      () => sampleRoute(name),
    ] as const;
    const object = (makers[kind] ?? makers[0])();
    return { kind, object: { ...object, metadata: { name, namespace } } };
  });

/** The object with some values replaced: mostly valid still. */
function spoil(object: unknown, changes: readonly (readonly [string, unknown])[]): unknown {
  const copy = structuredClone(object);
  for (const [path, value] of changes) {
    const keys = path.split('/').slice(1);
    const last = keys.pop();
    let at: unknown = copy;
    for (const key of keys) at = Object(at)[key];
    if (last === undefined || typeof at !== 'object' || at === null) continue;
    if (at === Object.prototype) continue;
    Object.defineProperty(at, last, {
      value,
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return copy;
}

const jsonPatch = fc.array(
  fc.record(
    {
      op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'explode', 7),
      path: pointer,
      from: pointer,
      value: oddValue,
    },
    { requiredKeys: ['op', 'path'] },
  ),
  { maxLength: 5 },
);

const HUGE_NUMBERS = ['1e999', '-1e999', '123456789012345678901234567890', '0.1e-400', '00', '1.'];

/** Texts that parsers fall over. */
const text = fc.oneof(
  fc.constantFrom(
    '['.repeat(20_000),
    `${'{"a":'.repeat(8_000)}1${'}'.repeat(8_000)}`,
    `a: ${'['.repeat(3_000)}`,
    '&a [*a, *a]',
    `a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b]\n`,
    '{"spec":{"a":1,"a":2}}',
    '\uFEFF{}',
    '---\n---\n',
    '!!binary x',
    '<<: {a: 1}',
    'null',
    '"text"',
    '',
  ),
  fc.constantFrom(...HUGE_NUMBERS).map((number) => `{"spec":${number}}`),
  fc.string({ unit: 'binary', maxLength: 60 }),
);

/** `k8s\0` and a runtime.Unknown that is mostly none. */
const protobuf = fc
  .uint8Array({ maxLength: 80 })
  .map((bytes) => Buffer.concat([Buffer.from('k8s\0', 'latin1'), bytes]));

interface Content {
  readonly type: string;
  readonly bytes: Buffer;
}

const asJson =
  (type: string) =>
  (value: unknown): Content => ({
    type,
    bytes: Buffer.from(JSON.stringify(value) ?? ''),
  });

const spoiled = fc
  .tuple(sample, fc.array(fc.tuple(pointer, oddValue), { maxLength: 3 }))
  .map(([{ object }, changes]) => spoil(object, changes));
const spoiledPart = fc
  .tuple(spoiled, fc.constantFrom('metadata', 'spec', 'status'))
  .map(([object, key]) => ({ [key]: Object(object)[key] }));

const CONTENT_TYPES = [
  ...['application/json', 'application/yaml', 'application/json-patch+json', 'text/plain'],
  ...['application/merge-patch+json', 'application/apply-patch+yaml', 'application/json;charset=x'],
  ...['application/strategic-merge-patch+json', 'application/vnd.kubernetes.protobuf', 'x', ';;'],
] as const;

const content: fc.Arbitrary<Content> = fc.oneof(
  { arbitrary: spoiled.map(asJson('application/json')), weight: 4 },
  { arbitrary: spoiled.map(asJson('application/apply-patch+yaml')), weight: 3 },
  { arbitrary: spoiledPart.map(asJson('application/merge-patch+json')), weight: 3 },
  { arbitrary: jsonPatch.map(asJson('application/json-patch+json')), weight: 3 },
  { arbitrary: oddValue.map(asJson('application/merge-patch+json')), weight: 1 },
  {
    arbitrary: fc
      .tuple(fc.constantFrom(...CONTENT_TYPES), text)
      .map(([type, body]) => ({ type, bytes: Buffer.from(body, 'utf8') })),
    weight: 2,
  },
  {
    arbitrary: fc
      .tuple(fc.constantFrom(...CONTENT_TYPES), fc.uint8Array({ maxLength: 60 }))
      .map(([type, bytes]) => ({ type, bytes: Buffer.from(bytes) })),
    weight: 1,
  },
  {
    arbitrary: protobuf.map((bytes) => ({ type: 'application/vnd.kubernetes.protobuf', bytes })),
    weight: 1,
  },
);

/** Versions of the future are left out: asking for one means waiting. */
const QUERY: Readonly<Record<string, readonly string[]>> = {
  limit: ['0', '1', '2', '-1', 'x', '9999999999999999999'],
  continue: [
    '',
    'x',
    'eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiIifQ',
    'e30',
    'bnVsbA',
    '%ff',
  ],
  labelSelector: [
    'team',
    '!team',
    'a in (b,c)',
    'a=b,c!=d',
    'a in (',
    '((',
    'a>1',
    '=',
    'a'.repeat(70),
  ],
  fieldSelector: [
    'metadata.name=a',
    'metadata.name!=a',
    'spec.x=1',
    'a',
    '=,=',
    'metadata.namespace=x',
  ],
  resourceVersion: ['', '0', '1', '-1', 'x', '01', '1e3'],
  resourceVersionMatch: ['Exact', 'NotOlderThan', 'x', ''],
  watch: ['true', '1', 'false', 'x'],
  timeoutSeconds: ['1', '0', '-1', 'x', '99999999999'],
  allowWatchBookmarks: ['true', 'x'],
  sendInitialEvents: ['true', 'false', 'x'],
  dryRun: ['All', 'x', ''],
  fieldManager: ['m', '', 'a'.repeat(200), '\u0001'],
  force: ['true', 'false', 'x'],
  fieldValidation: ['Strict', 'Warn', 'Ignore', 'x'],
  pretty: ['true', 'x'],
  propagationPolicy: ['Foreground', 'Orphan', 'x'],
  gracePeriodSeconds: ['0', '-1', 'x'],
  reason: ['x', 'a'.repeat(2000)],
};

const query = fc
  .array(
    fc
      .constantFrom(...Object.keys(QUERY))
      .chain((key) =>
        fc
          .oneof(
            { arbitrary: fc.constantFrom(...(QUERY[key] ?? [''])), weight: 9 },
            { arbitrary: oddText, weight: 1 },
          )
          .map((value) => `${key}=${encodeURIComponent(value)}`),
      ),
    { maxLength: 4 },
  )
  .map((parts) => (parts.length === 0 ? '' : `?${parts.join('&')}`));

const knownPath = fc
  .tuple(
    fc.constantFrom(...COLLECTIONS),
    fc.constantFrom(...NAMESPACES),
    fc.constantFrom(...NAMES),
    fc.constantFrom('collection', 'item', 'item', 'item', 'status', 'everywhere'),
  )
  .map(([[group, plural], namespace, name, place]) => {
    const collection = `/apis/${group}/namespaces/${namespace}/${plural}`;
    const item = `${collection}/${name}`;
    const everywhere = `/apis/${group}/${plural}`;
    return { collection, item, status: `${item}/status`, everywhere }[place];
  });

const otherPath = fc.constantFrom(
  ...['/api', '/apis', '/api/v1', '/apis/agentgateway.dev', '/apis/agentgateway.dev/v1alpha1'],
  ...['/openapi/v3', '/openapi/v2', '/openapi/v3/apis/agentgateway.dev/v1alpha1', '/version'],
  ...['/api/v1/namespaces', '/api/v1/namespaces/other', '/api/v1/namespaces/default/secrets'],
  ...[
    '/api/v1/pods',
    '/api/v1/namespaces/default/pods/x/portforward?ports=15000',
    '/api/v1/events',
  ],
  ...['/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', '/apis/apps/v1/deployments'],
  ...['/apis/fleet.heartline.dev/v1alpha1/workers', '/healthz', '/nothing'],
);

/** A known path, now and then with a part that fits nowhere. */
const path = fc
  .tuple(
    fc.oneof({ arbitrary: knownPath, weight: 6 }, { arbitrary: otherPath, weight: 1 }),
    fc.option(fc.tuple(fc.nat(9), splinter), { freq: 8 }),
  )
  .map(([known, change]) => {
    if (change === null) return known;
    const parts = known.split('/');
    parts.splice(change[0] % parts.length, 1, encodeURI(change[1]));
    return `/${parts.join('/')}`.replace(/^\/\//, '/');
  });

const ACCEPTS = [
  ...['application/json', '*/*', 'text/html', 'application/yaml', '', ',,;q=x', 'application/cbor'],
  'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
  'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
  'application/vnd.kubernetes.protobuf',
  'application/json;as=Nothing;v=v9;g=x',
] as const;

const METHODS = [
  'GET',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'HEAD',
  'OPTIONS',
  'TRACE',
  'PURGE',
] as const;

const upgrade = fc.constantFrom<Readonly<Record<string, string>>[]>(
  { connection: 'upgrade', upgrade: 'websocket' },
  {
    ...{ connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' },
    'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
  },
  { connection: 'upgrade', upgrade: 'SPDY/3.1' },
  { connection: 'upgrade', upgrade: 'h2c' },
);

const FITTING = { post: 'POST', put: 'PUT', patch: 'PATCH' } as const;

/** A write that mostly fits its path and type: the one that gets far. */
const likelyWrite: fc.Arbitrary<NoisyRequest> = fc
  .tuple(
    sample,
    fc.array(fc.tuple(pointer, oddValue), { maxLength: 2 }),
    fc.constantFrom(...Object.keys(FITTING)),
    query,
    content,
  )
  .map(([{ kind, object }, changes, verb, search, { type, bytes }]) => {
    const [group, plural] = COLLECTIONS[kind] ?? COLLECTIONS[0];
    const collection = `/apis/${group}/namespaces/${object.metadata.namespace}/${plural}`;
    const isPatch = verb === 'patch';
    const isPatchType = type.includes('patch');
    return {
      method: FITTING[verb as keyof typeof FITTING],
      path: `${verb === 'post' ? collection : `${collection}/${object.metadata.name}`}${search}`,
      headers: {
        'content-type': isPatch
          ? isPatchType
            ? type
            : 'application/apply-patch+yaml'
          : 'application/json',
      },
      body:
        isPatch && isPatchType ? bytes : Buffer.from(JSON.stringify(spoil(object, changes)) ?? ''),
    };
  });

const anything: fc.Arbitrary<NoisyRequest> = fc
  .record({
    method: fc.constantFrom(...METHODS),
    ...{ path, query },
    accept: fc.constantFrom(...ACCEPTS),
    content: fc.option(content, { nil: undefined }),
    upgrade: fc.option(upgrade, { nil: undefined, freq: 15 }),
  })
  .map((parts) => ({
    method: parts.method,
    path: parts.path.includes('?') ? parts.path : `${parts.path}${parts.query}`,
    headers: {
      accept: parts.accept,
      ...(parts.content === undefined ? {} : { 'content-type': parts.content.type }),
      ...(parts.upgrade ?? {}),
    },
    body: parts.content?.bytes,
  }));

export const noisyRequest: fc.Arbitrary<NoisyRequest> = fc.oneof(
  { arbitrary: likelyWrite, weight: 2 },
  { arbitrary: anything, weight: 1 },
);
