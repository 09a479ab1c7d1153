// SPDX-License-Identifier: Apache-2.0
import { hash } from 'node:crypto';
import type {
  Resource,
  Resource__Output,
} from '../../shared/proto/gen/agentgateway/dev/resource/Resource.js';
import { referencedSecret } from '../compile/listener-tls.js';
import { readTlsSecret, type TlsSecret } from '../compile/tls-secret.js';
import type { KubeObject } from '../policy/kube-object.js';
import type { SnapshotResource } from '../snapshot/snapshot.js';

/** A set of a gateway's resources as it leaves, and the Secrets in it. */
export interface JoinedSet {
  readonly hash: string;
  readonly resources: ReadonlyMap<string, SnapshotResource>;
  /** `namespace/name`, whether found or not. */
  readonly secrets: readonly string[];
}

type Versioned = Pick<JoinedSet, 'hash' | 'resources'>;

export interface ListenerJoiner {
  /**
   * The set with certificate and key in each listener that ends TLS. A listener whose Secret is missing or
   * cannot be used is left out, and with it nothing else.
   */
  join(set: Versioned, secretOf: (id: string) => KubeObject | undefined): JoinedSet;
  /** The set without those listeners: what is certain about a worker of which only a version label is known. */
  withoutSecrets(set: Versioned): Versioned;
}

export interface ListenerJoinerOptions {
  readonly decode: (bytes: Uint8Array) => Resource__Output;
  readonly encode: (message: Resource) => Uint8Array;
  /** Keyed: what comes out tells nothing about the value to somebody without the key. */
  readonly digest: (value: Uint8Array) => string;
}

const LISTENERS = 'listener/';

/** What is known of one version's set; every stream of the gateway asks again at every step. */
interface Notes {
  /** Resource name to the Secret that it names. */
  readonly references: ReadonlyMap<string, string>;
  /** The last answer, and the Secrets that went into it. */
  last: { readonly from: readonly (KubeObject | undefined)[]; readonly set: JoinedSet } | undefined;
  bare: Versioned | undefined;
}

/** Equal inputs give the same resource objects, so that bytes are encoded once for all streams. */
export function createListenerJoiner(options: ListenerJoinerOptions): ListenerJoiner {
  /** The Secret that a resource names; '' = none. */
  const references = new WeakMap<SnapshotResource, string>();
  const notes = new WeakMap<Versioned, Notes>();
  const joined = new WeakMap<SnapshotResource, WeakMap<KubeObject, SnapshotResource | null>>();

  const referenceOf = (resource: SnapshotResource): string => {
    if (!resource.name.startsWith(LISTENERS)) return '';
    const known = references.get(resource);
    if (known !== undefined) return known;
    const { listener } = options.decode(resource.bytes);
    const reference = referencedSecret(listener?.tls?.cert) ?? '';
    references.set(resource, reference);
    return reference;
  };
  const joinOne = (
    resource: SnapshotResource,
    secret: KubeObject | undefined,
  ): SnapshotResource | null => {
    if (secret === undefined) return null;
    const bySecret = joined.get(resource) ?? new WeakMap<KubeObject, SnapshotResource | null>();
    joined.set(resource, bySecret);
    const known = bySecret.get(secret);
    if (known !== undefined) return known;
    const read = readTlsSecret(secret);
    const made = typeof read === 'string' ? null : joinMaterial(resource, read, options);
    bySecret.set(secret, made);
    return made;
  };
  const notesOf = (set: Versioned): Notes => {
    const known = notes.get(set);
    if (known !== undefined) return known;
    const references = new Map<string, string>();
    for (const resource of set.resources.values()) {
      const reference = referenceOf(resource);
      if (reference !== '') references.set(resource.name, reference);
    }
    const made: Notes = { references, last: undefined, bare: undefined };
    notes.set(set, made);
    return made;
  };
  const joinAll = (
    set: Versioned,
    references: ReadonlyMap<string, string>,
    secrets: readonly (KubeObject | undefined)[],
  ): JoinedSet => {
    if (references.size === 0) return { hash: set.hash, resources: set.resources, secrets: [] };
    const names = [...references.keys()];
    const replacements = new Map<string, SnapshotResource | null>();
    for (const [at, name] of names.entries()) {
      const resource = set.resources.get(name);
      if (resource !== undefined) replacements.set(name, joinOne(resource, secrets[at]));
    }
    return { ...replace(set, replacements), secrets: [...new Set(references.values())].sort() };
  };
  const replace = (
    set: Versioned,
    replacements: ReadonlyMap<string, SnapshotResource | null>,
  ): Versioned => {
    let text = `${set.hash}\n`;
    const resources = new Map(set.resources);
    for (const [name, resource] of replacements) {
      // A key that is there already keeps its place, so the order of names stands.
      if (resource === null) resources.delete(name);
      else resources.set(name, resource);
      text += `${name} ${resource?.hash ?? '-'}\n`;
    }
    return { hash: hash('sha256', text), resources };
  };

  return {
    join(set, secretOf) {
      const known = notesOf(set);
      const secrets = [...known.references.values()].map(secretOf);
      const isSame = known.last?.from.every((secret, at) => secret === secrets[at]) ?? false;
      if (known.last !== undefined && isSame) return known.last.set;
      const joinedSet = joinAll(set, known.references, secrets);
      known.last = { from: secrets, set: joinedSet };
      return joinedSet;
    },
    withoutSecrets(set) {
      const known = notesOf(set);
      if (known.references.size === 0) return set;
      known.bare ??= replace(
        set,
        new Map([...known.references.keys()].map((name) => [name, null])),
      );
      return known.bare;
    },
  };
}

/** Version = policy content and digest: a rotated Secret is another version of the resource, and of nothing else. */
function joinMaterial(
  resource: SnapshotResource,
  { certificate, privateKey }: TlsSecret,
  { decode, encode, digest }: ListenerJoinerOptions,
): SnapshotResource {
  const { listener } = decode(resource.bytes);
  const tls = { ...listener?.tls, cert: certificate, privateKey };
  const bytes = encode({ listener: { ...listener, tls } } as Resource);
  const material = digest(Buffer.concat([certificate, Buffer.of(0), privateKey]));
  const version = hash('sha256', `${resource.hash} ${material}`).slice(0, resource.hash.length);
  return { name: resource.name, hash: version, bytes };
}
