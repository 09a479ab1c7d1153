// SPDX-License-Identifier: Apache-2.0
import type { JsonValue } from '../../log/transaction.js';
import type { KubeObject } from '../../policy/kube-object.js';
import type { CrdColumn } from '../../policy/structural-schema.js';
import { humanAge } from './human-age.js';
import { compileJsonPath } from './json-path.js';

/** What a cell of a metav1.Table holds; null is shown as nothing. */
export type Cell = string | number | boolean | null;

/** One column of `kubectl get`: metav1.TableColumnDefinition and how its cells are read. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  /** An OpenAPI format; `name` marks the column by which kubectl tells objects apart. Empty = none. */
  readonly format: string;
  readonly description: string;
  /** 0 = always shown, more = with `-o wide`. */
  readonly priority: number;
  /** `nowMs` is the wall clock. */
  read(object: KubeObject, nowMs: number): Cell;
}

export const NAME_COLUMN: PrinterColumn = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'Name of the object, unique within its namespace.',
  priority: 0,
  read: ({ metadata }) => metadata.name,
};

/** Built-in kinds say a text, as their server does the sum. */
export const AGE_COLUMN: PrinterColumn = {
  name: 'Age',
  type: 'string',
  format: '',
  description: 'Time since the object was created.',
  priority: 0,
  read: ({ metadata }, nowMs) => humanAge(metadata.creationTimestamp, nowMs),
};

/** The columns of a CRD version: the name, then what it asks for, or the age when it asks for nothing. */
export function crdColumns(columns: readonly CrdColumn[] | undefined): readonly PrinterColumn[] {
  return [NAME_COLUMN, ...(columns?.map(crdColumn) ?? [{ ...AGE_COLUMN, type: 'date' as const }])];
}

function crdColumn(column: CrdColumn): PrinterColumn {
  const { name, type, format = '', description = '', priority = 0 } = column;
  const find = compileJsonPath(column.jsonPath);
  return {
    ...{ name, type, format, description, priority },
    read: (object, nowMs) => toCell(type, find(object as unknown as JsonValue)[0], nowMs),
  };
}

function toCell(type: CrdColumn['type'], value: JsonValue | undefined, nowMs: number): Cell {
  if (value === undefined || value === null) return null;
  switch (type) {
    case 'string':
      return typeof value === 'string' ? value : JSON.stringify(value);
    case 'date':
      return typeof value === 'string' ? humanAge(value, nowMs) : null;
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
  }
}
