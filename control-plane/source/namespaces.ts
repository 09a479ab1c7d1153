// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import { compareText } from '../../shared/names/sort.js';
import type { JsonValue, Op } from '../log/transaction.js';
import {
  isNamespaceKind,
  KINDS,
  objectKey,
  objectPrefix,
  resourceWord,
  statusKey,
} from '../policy/kinds.js';
import type { KubeObject, ObjectMeta } from '../policy/kube-object.js';
import type { Store } from '../store/store.js';
import type { Target } from './object-door.js';
import type { GetEntry } from './stored-object.js';

/** There from the start, and never deleted. */
export const DEFAULT_NAMESPACE = 'default';
/** Kubernetes puts a namespace's name on it as a label, so that selectors find it. */
const NAME_LABEL = 'kubernetes.io/metadata.name';

export const ACTIVE = { phase: 'Active' } as const;
const TERMINATING = { phase: 'Terminating' } as const;

const NAMESPACE = namespaceKind();

function namespaceKind() {
  const kind = KINDS.find(isNamespaceKind);
  if (kind === undefined) throw new TypeError('no kind Namespace');
  return kind;
}

/** What a stored Namespace has that nobody wrote. */
export function completeNamespace(object: KubeObject): KubeObject {
  const { name, labels } = object.metadata;
  const metadata = { ...object.metadata, labels: { ...labels, [NAME_LABEL]: name } };
  return { ...object, metadata };
}

/** A namespace is active as soon as it is there. */
export function activeStatus(name: string): Op {
  return { op: 'put', key: statusKey(NAMESPACE, '', name), value: ACTIVE };
}

/** Nothing new goes into a namespace from here on. */
export function terminatingStatus(name: string): Op {
  return { op: 'put', key: statusKey(NAMESPACE, '', name), value: TERMINATING };
}

export function hasNamespace(get: GetEntry, name: string): boolean {
  return get(objectKey(NAMESPACE, '', name)) !== undefined;
}

export function isTerminating(get: GetEntry, name: string): boolean {
  const status = get(statusKey(NAMESPACE, '', name))?.value as { phase?: JsonValue } | undefined;
  return status?.phase === TERMINATING.phase;
}

/** The writes of a namespace that comes with its first object. */
export function newNamespace(
  name: string,
  { uid, creationTimestamp }: Pick<ObjectMeta, 'uid' | 'creationTimestamp'>,
): readonly Op[] {
  const object = completeNamespace({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name,
      ...(uid === undefined ? {} : { uid }),
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
      generation: 1,
    },
    spec: { finalizers: ['kubernetes'] },
  });
  const value = object as unknown as JsonValue;
  return [
    { op: 'put', key: objectKey(NAMESPACE, '', name), value, expectedRevision: 0 },
    activeStatus(name),
  ];
}

/** Everything that lies in a namespace. */
export function objectsIn(store: Pick<Store, 'list'>, namespace: string): readonly Target[] {
  return KINDS.filter(({ namespaced }) => namespaced).flatMap((kind) =>
    store.list(`${objectPrefix(kind)}${namespace}/`).entries.map(({ value }) => {
      const { name } = (value as unknown as KubeObject).metadata;
      return { kind, namespace, name };
    }),
  );
}

/** Namespaces that objects lie in; sorted. */
export function namespacesInUse(store: Pick<Store, 'list'>): readonly string[] {
  const names = KINDS.filter(({ namespaced }) => namespaced).flatMap((kind) =>
    store
      .list(objectPrefix(kind))
      .entries.map(({ value }) => (value as unknown as KubeObject).metadata.namespace ?? ''),
  );
  return [...new Set(names)].filter((name) => name !== '').sort(compareText);
}

/** Namespaces whose deletion was begun; sorted. */
export function terminatingNamespaces(store: Pick<Store, 'get' | 'list'>): readonly string[] {
  return store
    .list(objectPrefix(NAMESPACE))
    .entries.map(({ value }) => (value as unknown as KubeObject).metadata.name)
    .filter((name) => isTerminating(store.get, name));
}

/** The Namespace of a name, as a change names it. */
export function namespaceTarget(name: string): Target {
  return { kind: NAMESPACE, namespace: '', name };
}

/** Names of namespaces that come with their first object; sorted. */
export function missingNamespaces(created: readonly Target[], get: GetEntry): readonly string[] {
  const made = new Set(created.filter(({ kind }) => isNamespaceKind(kind)).map(({ name }) => name));
  const needed = created.filter(({ kind }) => kind.namespaced).map(({ namespace }) => namespace);
  return [...new Set(needed)].filter((name) => !made.has(name) && !hasNamespace(get, name)).sort();
}

export function isBeingTerminated({ kind, namespace, name }: Target): HeartlineError {
  return new HeartlineError(
    'PERMISSION_DENIED',
    `${resourceWord(kind)} "${name}" is forbidden: unable to create new content in namespace ${namespace} because it is being terminated`,
    {
      subject: name,
      problems: [
        {
          field: 'metadata.namespace',
          message: `namespace ${namespace} is being terminated`,
          reason: 'NamespaceTerminating',
        },
      ],
    },
  );
}

export function mayNotBeDeleted(name: string): HeartlineError {
  return new HeartlineError(
    'PERMISSION_DENIED',
    `namespaces "${name}" is forbidden: this namespace may not be deleted`,
    { subject: name },
  );
}
