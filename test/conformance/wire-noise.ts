// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { ADDRESS_TYPE_URL, RESOURCE_TYPE_URL } from '../../shared/names/type-urls.js';
import type { Wire } from '../../shared/proto/wire.js';

/** One message of a hostile or broken client: bytes that may or may not be a request. */
export type NoisyMessage = Buffer;

const name = fc.oneof(
  fc.constantFrom('*', '', 'a', 'b', '__proto__', 'constructor', 'a\0b', 'x'.repeat(5_000)),
  fc.string({ unit: 'binary', maxLength: 40 }),
);
const names = fc.array(name, { maxLength: 6 });
const typeUrl = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(RESOURCE_TYPE_URL, ADDRESS_TYPE_URL) },
  { weight: 1, arbitrary: fc.constantFrom('', 'type.googleapis.com/', 'x'.repeat(5_000)) },
  { weight: 1, arbitrary: fc.string({ maxLength: 20 }) },
);
const versions = fc.oneof(
  fc.dictionary(name, fc.string({ maxLength: 33 }), { maxKeys: 4 }),
  fc.constant(Object.fromEntries(Array.from({ length: 5_000 }, (_, at) => [`held-${at}`, 'v']))),
);
const message = fc.oneof(
  fc.constantFrom('', 'no', '[', '[]', 'null', '[{"key":"a","error":"no"}]', '['.repeat(100_000)),
  fc.json({ maxDepth: 3 }),
  fc.string({ maxLength: 60 }),
);

/** Fields of both kinds of requests; each codec takes its own. */
const request = fc.record(
  {
    typeUrl,
    ...{ resourceNames: names, resourceNamesSubscribe: names, resourceNamesUnsubscribe: names },
    initialResourceVersions: versions,
    versionInfo: fc.string({ maxLength: 12 }),
    // Nonces of the lab count its streams and their responses, so some of these are right.
    responseNonce: fc.oneof(
      fc.constant('old'),
      fc.nat(300).map((n) => `s${n % 200}-${(n % 3) + 1}`),
    ),
    errorDetail: fc.record({ code: fc.integer(), message }, { requiredKeys: [] }),
  },
  { requiredKeys: ['typeUrl'] },
);

/** Nested Structs in node.metadata, far deeper than any stack; tags of Node.metadata, Struct.fields, MapEntry.value, Value.struct_value. */
function nestedNode(nodeTag: number): Buffer {
  let bytes = Buffer.alloc(0);
  const wrap = (tag: number): void => {
    const length: number[] = [];
    for (let left = bytes.length; ; left >>>= 7) {
      length.push(left > 0x7f ? (left & 0x7f) | 0x80 : left);
      if (left <= 0x7f) break;
    }
    bytes = Buffer.concat([Buffer.from([(tag << 3) | 2, ...length]), bytes]);
  };
  for (let depth = 0; depth < 1_500; depth += 1) for (const tag of [5, 2, 1]) wrap(tag);
  for (const tag of [3, nodeTag]) wrap(tag);
  return bytes;
}

/** Messages to send on one stream, in order: well-formed requests of either protocol, in any order, and what damage makes of them. */
export function noisyMessages(wire: Wire, service: 'delta' | 'sotw'): fc.Arbitrary<NoisyMessage[]> {
  const [own, other] =
    service === 'delta'
      ? [wire.deltaRequest, wire.discoveryRequest]
      : [wire.discoveryRequest, wire.deltaRequest];
  const valid = request.map((fields) => own.encode(fields));
  const foreign = request.map((fields) => other.encode(fields));
  const random = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
  const truncated = fc
    .tuple(valid, fc.double({ min: 0, max: 1, noNaN: true }))
    .map(([bytes, share]) => bytes.subarray(0, Math.floor(bytes.length * share)));
  const flipped = fc
    .tuple(valid, fc.array(fc.nat(), { minLength: 1, maxLength: 4 }))
    .map(([bytes, bits]) => flipBits(bytes, bits));
  const nested = fc.constant(nestedNode(service === 'delta' ? 1 : 2));
  const one = fc.oneof(
    { weight: 8, arbitrary: valid },
    { weight: 1, arbitrary: foreign },
    { weight: 1, arbitrary: random },
    { weight: 1, arbitrary: truncated },
    { weight: 2, arbitrary: flipped },
    { weight: 1, arbitrary: nested },
  );
  return fc.array(one, { minLength: 1, maxLength: 12 });
}

function flipBits(bytes: Buffer, bits: readonly number[]): Buffer {
  const damaged = Buffer.from(bytes);
  if (damaged.length === 0) return damaged;
  for (const bit of bits) {
    const at = (bit >>> 3) % damaged.length;
    damaged[at] = (damaged[at] ?? 0) ^ (1 << (bit & 7));
  }
  return damaged;
}
