// SPDX-License-Identifier: Apache-2.0
import { hash } from 'node:crypto';
import type { GatewayRef } from '../../shared/events/event.js';
import type { Snapshot, SnapshotResource } from './snapshot.js';

/** 128 bits of sha256: it is on the wire once per resource, and content never collides by accident. */
const RESOURCE_HASH_DIGITS = 32;

/** A resource before it is encoded. */
interface NamedMessage<Message> {
  readonly name: string;
  readonly message: Message;
}

interface BuildInput<Message> {
  readonly gateway: GatewayRef;
  /** Sorted by name, each name once. */
  readonly resources: readonly NamedMessage<Message>[];
  /** The version before: what did not change shares its bytes and is not hashed again. */
  readonly previous?: Snapshot | undefined;
}

/**
 * Encodes each resource once and names the whole by its content. A message that was in an earlier snapshot
 * is not even encoded again, so messages must never change after they were given.
 */
export type SnapshotBuilder<Message> = (input: BuildInput<Message>) => Snapshot;

/** `encode` must be deterministic: equal messages give equal bytes. */
export function createSnapshotBuilder<Message extends object>(
  encode: (message: Message) => Uint8Array,
): SnapshotBuilder<Message> {
  const built = new WeakMap<Message, SnapshotResource>();
  const resourceOf = (
    { name, message }: NamedMessage<Message>,
    before: SnapshotResource | undefined,
  ): SnapshotResource => {
    const known = built.get(message);
    if (known?.name === name) return known;
    const bytes = encode(message);
    const isUnchanged = before !== undefined && Buffer.compare(before.bytes, bytes) === 0;
    const resource = isUnchanged ? before : snapshotResource(name, bytes);
    built.set(message, resource);
    return resource;
  };
  return ({ gateway, resources, previous }) => {
    const all = new Map(
      resources.map((one) => [one.name, resourceOf(one, previous?.resources.get(one.name))]),
    );
    return { gateway, hash: hashResources(all.values()), resources: all };
  };
}

/** The resource of these bytes; its hash is the hash of the bytes alone, whatever its name. */
export function snapshotResource(name: string, bytes: Uint8Array): SnapshotResource {
  return { name, hash: hash('sha256', bytes).slice(0, RESOURCE_HASH_DIGITS), bytes };
}

/** sha256 over the (name, hash) pairs in the order given, which must be the sorted one. */
export function hashResources(
  resources: Iterable<Pick<SnapshotResource, 'name' | 'hash'>>,
): string {
  let text = '';
  // Neither a name nor a hash has a line feed or a blank in it, so no two lists give one text.
  for (const { name, hash: contentHash } of resources) text += `${name} ${contentHash}\n`;
  return hash('sha256', text);
}
