// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import { jsonEqual } from '../log/json-equal.js';
import type { Entry, JsonValue, Op } from '../log/transaction.js';
import { inNamespace, KINDS, type Kind, resourceWord, storeGroup } from '../policy/kinds.js';
import type { Store } from '../store/store.js';
import type { ChangeResult, SourceName, Target } from './object-door.js';
import type { GetEntry } from './stored-object.js';

/**
 * Who may write an object. It lies in the log beside the object, and only when that is not the API: an object
 * without an owner's entry is `embedded`.
 */
export interface Owner {
  readonly source: SourceName;
  /** Where in the source: the file of a manifest, the context of a cluster. May be empty. */
  readonly detail: string;
}

const OWNER_PREFIX = 'owner/';

/** Store key of an object's owner; the tail is that of `objectKey`. */
export function ownerKey({ kind, namespace, name }: Target): string {
  return `${OWNER_PREFIX}${storeGroup(kind)}/${kind.plural}/${namespace}/${name}`;
}

/** An object that a source owns, as the log names it. */
export interface OwnedObject {
  readonly kind: Kind;
  readonly namespace: string;
  readonly name: string;
  /** Where in the source. */
  readonly detail: string;
}

/** Every object that `source` owns, sorted by key. A kind that this release does not know is left out. */
export function listOwned(list: Store['list'], source: SourceName): readonly OwnedObject[] {
  return list(OWNER_PREFIX).entries.flatMap((entry) => {
    const owner = ownerOf(entry);
    if (owner.source !== source) return [];
    const [, group = '', plural = '', namespace = '', name = ''] = entry.key.split('/');
    const kind = KINDS.find((one) => storeGroup(one) === group && one.plural === plural);
    return kind === undefined ? [] : [{ kind, namespace, name, detail: owner.detail }];
  });
}

/** The owner's entry, or undefined for an object of the API. */
export function readOwner(get: GetEntry, target: Target): Entry | undefined {
  return get(ownerKey(target));
}

/** The owner that an entry holds; only the door writes them. */
function ownerOf(entry: Entry | undefined): Owner {
  return entry === undefined ? API : (entry.value as unknown as Owner);
}

const API: Owner = { source: 'embedded', detail: '' };

/**
 * What a write means for the owner of its object: whoever creates it owns it, whoever deletes it ends that.
 * Throws OWNED_ELSEWHERE when somebody else owns the object. An entry of a source that does not run here
 * holds nobody back: who writes next is the owner from then on.
 */
export function planOwner(
  target: Target,
  stored: { readonly exists: boolean; readonly owner: Entry | undefined },
  change: {
    readonly by: Owner;
    readonly outcome: ChangeResult['outcome'];
    readonly running: ReadonlySet<SourceName>;
  },
): readonly Op[] {
  const { by, outcome, running } = change;
  const before = ownerOf(stored.owner);
  if (stored.exists && before.source !== by.source && running.has(before.source)) {
    throw ownedElsewhere(target, before);
  }
  const key = ownerKey(target);
  const expectedRevision = stored.owner?.revision ?? 0;
  const mine: JsonValue | undefined =
    outcome === 'deleted' || by.source === 'embedded' ? undefined : { ...by };
  if (mine === undefined) {
    return stored.owner === undefined ? [] : [{ op: 'delete', key, expectedRevision }];
  }
  if (stored.owner !== undefined && jsonEqual(stored.owner.value, mine)) return [];
  return [{ op: 'put', key, value: mine, expectedRevision }];
}

/**
 * Throws OWNED_ELSEWHERE when objects of the kind come from one source only, and this is another: what does not exist
 * there is not to be created here either.
 */
export function refuseOwnedKind(target: Target, owner: Owner | undefined, by: Owner): void {
  if (owner !== undefined && owner.source !== by.source) throw ownedElsewhere(target, owner);
}

function ownedElsewhere(target: Target, owner: Owner): HeartlineError {
  const { kind, namespace, name } = target;
  const object = `${resourceWord(kind)} "${name}"${inNamespace(kind, namespace)}`;
  return new HeartlineError(
    'OWNED_ELSEWHERE',
    `${object} belongs to ${describeOwner(owner)}: ${ADVICE[owner.source]}`,
    { subject: name },
  );
}

/** `the manifest file /etc/heartline/tcp.yaml`, as messages name an owner. */
function describeOwner({ source, detail }: Owner): string {
  return detail === '' ? WORDS[source] : `${WORDS[source]} ${detail}`;
}

const WORDS: Readonly<Record<SourceName, string>> = {
  embedded: 'the API',
  manifests: 'the manifest file',
  kubernetes: 'the Kubernetes cluster',
};

const ADVICE: Readonly<Record<SourceName, string>> = {
  embedded: 'change it there, or delete it there first',
  manifests: 'change the file, or remove the object from it first',
  kubernetes: 'change it in that cluster',
};
