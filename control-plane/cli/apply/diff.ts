// SPDX-License-Identifier: Apache-2.0
import { compareText } from '../../../shared/names/sort.js';
import type { KubeObject } from '../../policy/kube-object.js';

/**
 * One place where two objects differ; paths are relative to `spec`, start with `metadata.`, or name a field that
 * stands beside `spec`, as kinds without one have (EndpointSlice, Secret).
 */
export type Difference =
  | { readonly type: 'removed'; readonly path: string }
  | { readonly type: 'added'; readonly path: string }
  | {
      readonly type: 'changed';
      readonly path: string;
      readonly before: unknown;
      readonly after: unknown;
    };

/** Longest value shown, characters; the rest is cut. */
const MAX_VALUE_CHARACTERS = 60;

/**
 * What a replace changed: spec, other fields of the body, labels and annotations. Each difference is named at the shallowest path
 * that differs; removed ones first, then added, then changed, each sorted by path.
 */
export function diffObjects(before: KubeObject, after: KubeObject): readonly Difference[] {
  const found = [
    ...diffValues(before.spec ?? {}, after.spec ?? {}, ''),
    ...diffValues(besideSpec(before), besideSpec(after), ''),
    ...diffValues(before.metadata.labels ?? {}, after.metadata.labels ?? {}, 'metadata.labels'),
    ...diffValues(
      before.metadata.annotations ?? {},
      after.metadata.annotations ?? {},
      'metadata.annotations',
    ),
  ];
  return found.sort((a, b) => ORDER[a.type] - ORDER[b.type] || compareText(a.path, b.path));
}

/** `-frontend.tcp +frontend.http ~frontend.tcp.keepalive.time: 30s -> 60s`; empty for no difference. */
export function renderDifferences(differences: readonly Difference[]): string {
  return differences.map(renderDifference).join(' ');
}

function besideSpec(object: KubeObject): unknown {
  const { apiVersion, kind, metadata, spec, status, ...rest } = object;
  return rest;
}

const ORDER = { removed: 0, added: 1, changed: 2 } as const;

function diffValues(before: unknown, after: unknown, path: string): Difference[] {
  if (before === undefined) return after === undefined ? [] : [{ type: 'added', path }];
  if (after === undefined) return [{ type: 'removed', path }];
  if (
    !isComposite(before) ||
    !isComposite(after) ||
    Array.isArray(before) !== Array.isArray(after)
  ) {
    return before === after ? [] : [{ type: 'changed', path, before, after }];
  }
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) =>
    diffValues(before[key], after[key], childPath(path, key, Array.isArray(before))),
  );
}

/** A key with a dot in it, as annotations have, is written in brackets. */
function childPath(path: string, key: string, inArray: boolean): string {
  if (inArray) return `${path}[${key}]`;
  if (key.includes('.') || key === '') return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}

function isComposite(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function renderDifference(difference: Difference): string {
  switch (difference.type) {
    case 'removed':
      return `-${difference.path}`;
    case 'added':
      return `+${difference.path}`;
    case 'changed':
      return `~${difference.path}: ${renderValue(difference.before)} -> ${renderValue(difference.after)}`;
  }
}

function renderValue(value: unknown): string {
  const text = typeof value === 'string' && /^\S+$/.test(value) ? value : JSON.stringify(value);
  return text.length <= MAX_VALUE_CHARACTERS ? text : `${text.slice(0, MAX_VALUE_CHARACTERS)}…`;
}
