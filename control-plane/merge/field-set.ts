// SPDX-License-Identifier: Apache-2.0
import { compareText } from '../../shared/names/sort.js';
import type { JsonValue } from '../log/transaction.js';
import { isObject } from './json-object.js';

/**
 * A set of fields in the form of metav1.FieldsV1. Each key is a step: `f:name` a field, `k:{"name":"http"}` an item
 * of a map list, `v:"text"` an item of a set. A step with an empty object under it is a member; one that is a member
 * and has members below says so with the key `.`. Every other key has a prefix, so no name can be mistaken for one
 * of JavaScript's own. The empty object at the root is the empty set. Sets are never changed, only built.
 */
export interface FieldSet {
  readonly [step: string]: FieldSet;
}

export const EMPTY_SET: FieldSet = {};

const SELF = '.';

export function isEmptySet(set: FieldSet): boolean {
  for (const _ in set) return false;
  return true;
}

/** Whether the step itself belongs to the set, not only fields below it. */
export function isMember(node: FieldSet | undefined): boolean {
  return node !== undefined && (isEmptySet(node) || SELF in node);
}

/** A step with what lies below it; undefined when neither belongs to the set. */
export function makeNode(self: boolean, children: FieldSet): FieldSet | undefined {
  if (isEmptySet(children)) return self ? EMPTY_SET : undefined;
  return self ? { [SELF]: EMPTY_SET, ...children } : children;
}

/** The steps of a node without the mark of the node itself. */
function childrenOf(node: FieldSet): FieldSet {
  if (!(SELF in node)) return node;
  const { [SELF]: _, ...children } = node;
  return children;
}

export function unionOf(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmptySet(b)) return a;
  if (isEmptySet(a)) return b;
  const result: Record<string, FieldSet> = { ...a };
  for (const [step, node] of Object.entries(b)) {
    const other = result[step];
    result[step] = other === undefined ? node : unionOfNodes(other, node);
  }
  return result;
}

function unionOfNodes(a: FieldSet, b: FieldSet): FieldSet {
  const children = unionOf(childrenOf(a), childrenOf(b));
  return makeNode(isMember(a) || isMember(b), children) ?? EMPTY_SET;
}

export function intersectionOf(a: FieldSet, b: FieldSet): FieldSet {
  return combine(a, b, (inA, inB) => inA && inB);
}

/** What is in `a` and not in `b`; a member of `b` takes away itself alone, not what lies below it. */
export function differenceOf(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmptySet(b)) return a;
  return combine(a, b, (inA, inB) => inA && !inB);
}

function combine(
  a: FieldSet,
  b: FieldSet,
  keep: (inA: boolean, inB: boolean) => boolean,
): FieldSet {
  const result: Record<string, FieldSet> = {};
  for (const [step, node] of Object.entries(a)) {
    const other = b[step];
    const below = other === undefined ? EMPTY_SET : childrenOf(other);
    const children = combine(childrenOf(node), below, keep);
    const kept = makeNode(isMember(node) && keep(true, isMember(other)), children);
    if (kept !== undefined) result[step] = kept;
  }
  return result;
}

/** `set` without these steps of its root and everything below them. */
export function withoutRoots(set: FieldSet, ...steps: readonly string[]): FieldSet {
  return Object.fromEntries(Object.entries(set).filter(([step]) => !steps.includes(step)));
}

/** `set` with these steps of its root only. */
export function onlyRoots(set: FieldSet, ...steps: readonly string[]): FieldSet {
  return Object.fromEntries(Object.entries(set).filter(([step]) => steps.includes(step)));
}

export function equalSets(a: FieldSet, b: FieldSet): boolean {
  if (a === b) return true;
  const steps = Object.keys(a);
  if (steps.length !== Object.keys(b).length) return false;
  return steps.every((step) => {
    const [x, y] = [a[step], b[step]];
    return x !== undefined && y !== undefined && equalSets(x, y);
  });
}

/** The same set with its steps sorted, as it is stored and shown. */
export function sortSet(set: FieldSet): FieldSet {
  const entries = Object.entries(set).sort(([a], [b]) => compareText(a, b));
  return Object.fromEntries(entries.map(([step, node]) => [step, sortSet(node)]));
}

/** Whether JSON from a client is such a set. */
export function isFieldSet(value: unknown): value is FieldSet {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.entries(value).every(([step, node]) => isStep(step) && isFieldSet(node));
}

function isStep(step: string): boolean {
  if (step.startsWith('k:')) return isObject(readJson(step.slice(2)));
  if (step.startsWith('v:')) return readJson(step.slice(2)) !== undefined;
  return step === SELF || /^f:|^i:[0-9]+$/.test(step);
}

function readJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    // A client's text; what is no JSON is no step.
    return undefined;
  }
}

/**
 * Every member as Kubernetes writes paths, `.spec.listeners[name="http"].port`, and in its order: at each level first
 * the members, then what lies below.
 */
export function listPaths(set: FieldSet, prefix = ''): readonly string[] {
  const steps = Object.entries(set)
    .filter(([step]) => step !== SELF)
    .sort(([a], [b]) => compareText(a, b))
    .map(([step, node]) => ({ node, path: `${prefix}${showStep(step)}` }));
  return [
    ...steps.filter(({ node }) => isMember(node)).map(({ path }) => path),
    ...steps.flatMap(({ node, path }) => listPaths(node, path)),
  ];
}

function showStep(step: string): string {
  const text = step.slice(2);
  switch (step[0]) {
    case 'f':
      return `.${text}`;
    case 'v':
      return `[=${text}]`;
    case 'k': {
      const keys = Object.entries(JSON.parse(text) as Record<string, unknown>);
      return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`;
    }
    default:
      return `[${text}]`;
  }
}
