// SPDX-License-Identifier: Apache-2.0
import type { KubeObject } from '../../policy/kube-object.js';
import type { PrinterColumn } from '../resources/printer-column.js';
import type { ObjectEncoder } from './encoded-object.js';
import type { IncludeObject } from './representation.js';

/** How the rows of one table are written. */
export interface TableStyle {
  readonly columns: readonly PrinterColumn[];
  readonly includeObject: IncludeObject;
  readonly encoder: ObjectEncoder;
}

/** The start of a metav1.Table, up to its rows; without columns it leaves them to an earlier table of the watch. */
export function tableHead(metadata: object, columns: readonly PrinterColumn[]): Buffer {
  const definitions = columns.map(({ name, type, format, description, priority }) => ({
    ...{ name, type, format, description, priority },
  }));
  const head = JSON.stringify({
    ...{ kind: 'Table', apiVersion: 'meta.k8s.io/v1', metadata },
    columnDefinitions: columns.length === 0 ? null : definitions,
  });
  return Buffer.from(`${head.slice(0, -1)},"rows":[`);
}

/** One row. `nowMs`: ages are of the moment they are written in. */
export function tableRow(object: KubeObject, style: TableStyle, nowMs: number): Buffer {
  const cells = JSON.stringify(style.columns.map((column) => column.read(object, nowMs)));
  const included = includedObject(object, style);
  if (included === undefined) return Buffer.from(`{"cells":${cells},"object":null}`);
  return Buffer.concat([Buffer.from(`{"cells":${cells},"object":`), included, CLOSE]);
}

const CLOSE = Buffer.from('}');

function includedObject(
  object: KubeObject,
  { includeObject, encoder }: TableStyle,
): Buffer | undefined {
  switch (includeObject) {
    case 'None':
      return undefined;
    case 'Metadata':
      return encoder.metadata(object);
    case 'Object':
      return encoder.object(object);
  }
}
