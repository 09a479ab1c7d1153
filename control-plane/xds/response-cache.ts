// SPDX-License-Identifier: Apache-2.0
import type { Wire } from '../../shared/proto/wire.js';
import type { SnapshotResource } from '../snapshot/snapshot.js';
import { createBoundedCache } from './bounded-cache.js';
import { diffSets } from './difference.js';
import type { ResourceSet } from './holding.js';
import type { Differ, ResponsePlan, SetDifference } from './response-plan.js';
import type { WorldPlan } from './world-stream.js';

/** Field 5 (nonce) of DeltaDiscoveryResponse and DiscoveryResponse, length-delimited. */
const NONCE_TAG = (5 << 3) | 2;
/** Encoded heads kept, bytes: a whole snapshot of 10,000 resources is about 4 MB. */
const MAX_HEAD_BYTES = 64 * 1024 * 1024;
/** Resources and names in kept differences; they are pointers to what snapshots hold anyway. */
const MAX_DIFFERENCE_ITEMS = 1_000_000;
/** A response of at most this many names is found by them, whatever made it necessary. */
const MAX_NAMES_IN_KEY = 64;

/** Work that streams share: one difference and one encoding, however many workers take the same path. */
export interface ResponseCache {
  readonly differ: Differ;
  /** The bytes of a DeltaDiscoveryResponse: a shared head and this stream's nonce behind it. */
  encode(typeUrl: string, plan: ResponsePlan, nonce: string): Buffer;
  /** The same for a DiscoveryResponse, the state of the world. */
  encodeWorld(typeUrl: string, plan: WorldPlan, nonce: string): Buffer;
}

/** `identifier` names this instance to clients in every response (ControlPlane.identifier, R25). */
export function createResponseCache(wire: Wire, identifier: string): ResponseCache {
  const differences = createBoundedCache<SetDifference>(
    MAX_DIFFERENCE_ITEMS,
    ({ resources, removed }) => resources.length + removed.length + 1,
  );
  const heads = createBoundedCache<Buffer>(MAX_HEAD_BYTES, (head) => head.length);
  const withHead = (key: string | undefined, make: () => Buffer, nonce: string): Buffer =>
    withNonce(key === undefined ? make() : heads.getOrMake(key, make), nonce);
  const encodeHead = createDeltaEncoder(wire, identifier);
  // A change goes to one worker after the other, and nearly all of them take the same path.
  let lastDifference: LastDifference | undefined;
  let lastHead: LastHead | undefined;
  const encodeWorldHead = createWorldEncoder(wire, identifier);
  return {
    differ(from, to) {
      const last = lastDifference;
      if (last !== undefined && last.from === from && last.to === to) return last.found;
      const key = `${from?.hash ?? ''}>${to.hash}`;
      const found = differences.getOrMake(key, () => diffSets(from, to));
      lastDifference = { from, to, found };
      return found;
    },
    encode(typeUrl, plan, nonce) {
      if (lastHead !== undefined && isSamePath(lastHead, typeUrl, plan)) {
        return withNonce(lastHead.head, nonce);
      }
      const path = pathOf(plan);
      const { set, label } = plan.target;
      if (path === undefined) return withNonce(encodeHead(typeUrl, plan), nonce);
      const key = `${typeUrl} ${label} ${set.hash} ${path}`;
      const head = heads.getOrMake(key, () => encodeHead(typeUrl, plan));
      lastHead = { typeUrl, plan, head };
      return withNonce(head, nonce);
    },
    encodeWorld(typeUrl, plan, nonce) {
      const content = worldContentOf(plan);
      const key = content && `world ${typeUrl} ${plan.versionInfo} ${content}`;
      return withHead(key, () => encodeWorldHead(typeUrl, plan), nonce);
    },
  };
}

interface LastDifference {
  readonly from: ResourceSet | undefined;
  readonly to: ResourceSet;
  readonly found: SetDifference;
}

interface LastHead {
  readonly typeUrl: string;
  readonly plan: ResponsePlan;
  readonly head: Buffer;
}

/** Lists that are shared are the same lists. */
function isSamePath(
  { typeUrl: last, plan }: LastHead,
  typeUrl: string,
  next: ResponsePlan,
): boolean {
  return (
    plan.resources === next.resources &&
    plan.removed === next.removed &&
    plan.target.label === next.target.label &&
    last === typeUrl
  );
}

type HeadEncoder<Plan> = (typeUrl: string, plan: Plan) => Buffer;

function createDeltaEncoder(wire: Wire, identifier: string): HeadEncoder<ResponsePlan> {
  const encodeEntry = createEntryEncoder((type_url, { name, hash, bytes }) =>
    wire.deltaResponse.encode({
      resources: [{ name, version: hash, resource: { type_url, value: bytes } }],
    }),
  );
  return (typeUrl, { resources, removed, target }) =>
    Buffer.concat([
      wire.deltaResponse.encode(target.label === '' ? {} : { systemVersionInfo: target.label }),
      ...resources.map((resource) => encodeEntry(typeUrl, resource)),
      wire.deltaResponse.encode({
        typeUrl,
        removedResources: [...removed],
        controlPlane: { identifier },
      }),
    ]);
}

function createWorldEncoder(wire: Wire, identifier: string): HeadEncoder<WorldPlan> {
  const encodeEntry = createEntryEncoder((type_url, { bytes }) =>
    wire.discoveryResponse.encode({ resources: [{ type_url, value: bytes }] }),
  );
  return (typeUrl, { resources, versionInfo }) =>
    Buffer.concat([
      wire.discoveryResponse.encode({ versionInfo }),
      ...resources.map((resource) => encodeEntry(typeUrl, resource)),
      wire.discoveryResponse.encode({ typeUrl, controlPlane: { identifier } }),
    ]);
}

/** Names the content of a state of the world; undefined when that would cost more than it saves. */
function worldContentOf({ sharedSet, resources }: WorldPlan): string | undefined {
  if (sharedSet !== undefined) return `set ${sharedSet}`;
  if (resources.length > MAX_NAMES_IN_KEY) return undefined;
  return JSON.stringify(resources.map(({ name, hash }) => [name, hash]));
}

/**
 * Names the content of a response within its target; undefined when that would cost more than it saves.
 * A worker chooses the unknown names that it is told are gone: kept, they would push out what others need.
 */
function pathOf({ sharedFrom, resources, removed }: ResponsePlan): string | undefined {
  if (sharedFrom !== undefined) return `from ${sharedFrom}`;
  if (removed.length > 0 || resources.length > MAX_NAMES_IN_KEY) return undefined;
  return JSON.stringify(resources.map((resource) => resource.name));
}

/**
 * Encodes `repeated … resources`, one entry at a time: encoded messages may be concatenated, so an entry
 * of one response is an entry of any other. Only types that have resources are ever encoded.
 */
function createEntryEncoder(
  encode: (typeUrl: string, resource: SnapshotResource) => Buffer,
): (typeUrl: string, resource: SnapshotResource) => Buffer {
  const entriesOfType = new Map<string, WeakMap<SnapshotResource, Buffer>>();
  return (typeUrl, resource) => {
    const entries = entriesOfType.get(typeUrl) ?? new WeakMap<SnapshotResource, Buffer>();
    entriesOfType.set(typeUrl, entries);
    const known = entries.get(resource);
    if (known !== undefined) return known;
    const entry = encode(typeUrl, resource);
    entries.set(resource, entry);
    return entry;
  };
}

/** protobuf fields may come in any order, so the nonce goes last and the rest is copied as it is. */
function withNonce(head: Buffer, nonce: string): Buffer {
  if (nonce.length > 0x7f) throw new RangeError('a nonce has at most 127 characters');
  const bytes = Buffer.allocUnsafe(head.length + 2 + nonce.length);
  head.copy(bytes);
  bytes[head.length] = NONCE_TAG;
  bytes[head.length + 1] = nonce.length;
  bytes.write(nonce, head.length + 2, 'latin1');
  return bytes;
}
