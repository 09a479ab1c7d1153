// SPDX-License-Identifier: Apache-2.0
import { compareText } from '../../../shared/names/sort.js';
import type { OwnedObject } from '../ownership.js';
import type { CheckedManifest } from './check-manifest.js';
import { type Manifest, readManifests } from './read-manifests.js';

/** A manifest file, or a part of the folder that cannot be read. */
export interface FolderEntry {
  readonly path: string;
  readonly content:
    | { readonly ok: true; readonly text: string }
    | { readonly ok: false; readonly reason: string };
}

/** What one look at the folder found; entries sorted by path. */
export type FolderLook =
  | { readonly ok: true; readonly entries: readonly FolderEntry[] }
  | { readonly ok: false; readonly reason: string };

/**
 * `good`: to be applied. `refused`: its objects are known, and something about them is wrong. `unreadable`: what it
 * wants is not known. `gone`: it is not there any more.
 */
export type FileState = 'good' | 'refused' | 'unreadable' | 'gone';

/** What becomes of one file: one transaction, or nothing. */
export interface FilePlan {
  readonly path: string;
  readonly state: FileState;
  /** To be written; empty unless good. */
  readonly manifests: readonly Manifest[];
  /** Objects of the file that nothing in the folder wants any more. */
  readonly removals: readonly OwnedObject[];
  /** `file:line:column: sentence`. */
  readonly problems: readonly string[];
}

export interface FolderPlan {
  /** Sorted by path. */
  readonly files: readonly FilePlan[];
  /** Why what nothing wants any more is not removed; undefined = it is, or there is nothing of that kind. */
  readonly heldBack: string | undefined;
}

interface ReadFile {
  readonly path: string;
  readonly manifests: readonly Manifest[];
  readonly problems: readonly string[];
}

/** Objects without a namespace belong here, as with kubectl and no context. */
const NAMESPACE_RULE = { namespace: 'default', enforced: false };

/**
 * Decides what a folder means for what the log holds. Nothing is removed while any part of the folder cannot be read
 * or holds no manifest file at all: it may be a volume that is not mounted, and what is not seen is not gone.
 */
export function planFolder(
  entries: readonly FolderEntry[],
  owned: readonly OwnedObject[],
  check: (manifest: Manifest) => CheckedManifest,
): FolderPlan {
  const files = entries.map(readEntry);
  const unreadable = files.filter(isUnreadable);
  const keeper = claimObjects(files, owned);
  const plans = files.map((file) => planFile(file, keeper, check));
  const unwanted = findUnwanted(plans, owned, keeper);
  if (unwanted.length === 0) return { files: plans, heldBack: undefined };
  const heldBack = whyHeldBack(files, unreadable);
  if (heldBack !== undefined) return { files: plans, heldBack };
  return { files: withRemovals(plans, unwanted), heldBack };
}

function readEntry({ path, content }: FolderEntry): ReadFile {
  if (!content.ok) return { path, manifests: [], problems: [`${path}: ${content.reason}`] };
  if (content.text === '') {
    // `tool > file.yaml` empties the file first and writes when the tool is done.
    const problem = `${path}:1:1: the file is empty: is it still being written? a comment says that nothing is wanted`;
    return { path, manifests: [], problems: [problem] };
  }
  const { manifests, problems } = readManifests(
    [{ source: path, text: content.text }],
    NAMESPACE_RULE,
  );
  return { path, manifests, problems };
}

function isUnreadable({ problems }: ReadFile): boolean {
  return problems.length > 0;
}

/** Object to the file it belongs to: what an unreadable file had stays its own, else the first file in the order of paths. */
function claimObjects(
  files: readonly ReadFile[],
  owned: readonly OwnedObject[],
): ReadonlyMap<string, string> {
  const keeper = new Map<string, string>();
  const unreadable = new Set(files.filter(isUnreadable).map(({ path }) => path));
  for (const object of owned) {
    if (unreadable.has(object.detail)) keeper.set(idOf(object), object.detail);
  }
  for (const { path, manifests } of files) {
    for (const manifest of manifests) {
      const id = idOf(manifest);
      if (!keeper.has(id)) keeper.set(id, path);
    }
  }
  return keeper;
}

function planFile(
  file: ReadFile,
  keeper: ReadonlyMap<string, string>,
  check: (manifest: Manifest) => CheckedManifest,
): FilePlan {
  const { path, manifests } = file;
  const nothing = { path, manifests: [], removals: [] };
  if (isUnreadable(file)) return { ...nothing, state: 'unreadable', problems: file.problems };
  const problems = [
    ...findRepeats(file, keeper),
    ...manifests.flatMap((manifest) => findFaults(check(manifest))),
  ];
  if (problems.length > 0) return { ...nothing, state: 'refused', problems };
  return { ...nothing, state: 'good', manifests, problems };
}

function findFaults(checked: CheckedManifest): readonly string[] {
  if (checked.ok) return [];
  return checked.problems.map(({ at, field, message }) =>
    field === '' || message.includes(field) ? `${at}: ${message}` : `${at}: ${field}: ${message}`,
  );
}

/** Objects that another file has, or that this one has twice. */
function findRepeats(
  { path, manifests }: ReadFile,
  keeper: ReadonlyMap<string, string>,
): readonly string[] {
  const seen = new Set<string>();
  return manifests.flatMap((manifest) => {
    const id = idOf(manifest);
    const first = keeper.get(id);
    const isRepeat = seen.has(id);
    seen.add(id);
    const at = manifest.locate('metadata.name');
    if (first !== path) return [`${at}: ${shown(manifest)} is in ${first} already; keep one`];
    return isRepeat ? [`${at}: ${shown(manifest)} is in this file twice; keep one`] : [];
  });
}

function whyHeldBack(
  files: readonly ReadFile[],
  unreadable: readonly ReadFile[],
): string | undefined {
  if (files.length === 0) {
    return 'the folder has no manifest file: is it mounted? a .yaml file with a comment says that nothing is wanted';
  }
  const [first] = unreadable;
  return first && `${first.path} cannot be read`;
}

/** What no file has any more; a refused file keeps all it had. */
function findUnwanted(
  plans: readonly FilePlan[],
  owned: readonly OwnedObject[],
  keeper: ReadonlyMap<string, string>,
): readonly OwnedObject[] {
  const refused = new Set(plans.filter(({ state }) => state === 'refused').map(({ path }) => path));
  return owned.filter((object) => !keeper.has(idOf(object)) && !refused.has(object.detail));
}

/** Each removal goes with the file that had the object, also when that is gone. */
function withRemovals(
  plans: readonly FilePlan[],
  unwanted: readonly OwnedObject[],
): readonly FilePlan[] {
  const removals = new Map<string, OwnedObject[]>();
  for (const object of unwanted) {
    removals.set(object.detail, [...(removals.get(object.detail) ?? []), object]);
  }
  const known = new Set(plans.map(({ path }) => path));
  const gone = [...removals.keys()]
    .filter((path) => !known.has(path))
    .map((path) => ({
      ...{ path, state: 'gone' as const, manifests: [], removals: [], problems: [] },
    }));
  return [...plans, ...gone]
    .map((plan) => ({ ...plan, removals: removals.get(plan.path) ?? [] }))
    .sort((a, b) => compareText(a.path, b.path));
}

type Named = Pick<OwnedObject, 'kind' | 'namespace' | 'name'>;

function idOf({ kind, namespace, name }: Named): string {
  return `${kind.group}/${kind.kind}/${namespace}/${name}`;
}

function shown({ kind, namespace, name }: Named): string {
  return kind.namespaced ? `${kind.kind} ${namespace}/${name}` : `${kind.kind} ${name}`;
}
