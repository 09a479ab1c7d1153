// SPDX-License-Identifier: Apache-2.0
import { apiVersionOf } from '../../policy/kinds.js';
import type { KubeObject } from '../../policy/kube-object.js';
import type { ServedResource } from '../resources/served-resource.js';
import type { ObjectEncoder } from './encoded-object.js';
import type { ListPage } from './list-page.js';
import type { Representation } from './representation.js';
import { tableHead, tableRow } from './table.js';

export interface BodyStyle {
  readonly resource: Pick<ServedResource, 'kind' | 'columns'>;
  readonly representation: Representation;
  /** Whether a table says what its columns are; in a watch only the first does. Default true. */
  readonly showsColumns?: boolean;
  readonly encoder: ObjectEncoder;
  /** The wall clock, for ages. */
  readonly nowMs: number;
}

/** A list in the wanted representation, put together from the bytes of its objects. */
export function encodeList({ objects, metadata }: ListPage, style: BodyStyle): Buffer {
  const { resource, representation, encoder } = style;
  switch (representation.form) {
    case 'object': {
      const head = { kind: `${resource.kind.kind}List`, apiVersion: apiVersionOf(resource.kind) };
      return join(listHead({ ...head, metadata }), objects.map(encoder.object));
    }
    case 'metadata': {
      const head = { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1' };
      return join(listHead({ ...head, metadata }), objects.map(encoder.metadata));
    }
    case 'table':
      return join(
        tableHead(metadata, resource.columns),
        objects.map((object) => row(object, style, representation.includeObject)),
      );
  }
}

/** One object in the wanted representation. */
export function encodeOne(object: KubeObject, style: BodyStyle): Buffer {
  const { representation, encoder, resource } = style;
  switch (representation.form) {
    case 'object':
      return encoder.object(object);
    case 'metadata':
      return encoder.metadata(object);
    case 'table': {
      const { resourceVersion } = object.metadata;
      const { showsColumns = true } = style;
      const head = tableHead({ resourceVersion }, showsColumns ? resource.columns : []);
      return join(head, [row(object, style, representation.includeObject)]);
    }
  }
}

function row(object: KubeObject, style: BodyStyle, includeObject: 'None' | 'Metadata' | 'Object') {
  const { resource, encoder, nowMs } = style;
  return tableRow(object, { columns: resource.columns, includeObject, encoder }, nowMs);
}

function listHead(head: object): Buffer {
  return Buffer.from(`${JSON.stringify(head).slice(0, -1)},"items":[`);
}

const COMMA = Buffer.from(',');
const END = Buffer.from(']}');

function join(head: Buffer, items: readonly Buffer[]): Buffer {
  const parts: Buffer[] = [head];
  items.forEach((item, index) => {
    if (index > 0) parts.push(COMMA);
    parts.push(item);
  });
  parts.push(END);
  return Buffer.concat(parts);
}
