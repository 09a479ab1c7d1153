// SPDX-License-Identifier: Apache-2.0
import { apiVersionOf } from '../../policy/kinds.js';
import type { KubeObject } from '../../policy/kube-object.js';
import type { ObservedChange } from '../resources/object-view.js';
import type { ServedResource } from '../resources/served-resource.js';
import type { Status } from '../status.js';
import { FORGETFUL_ENCODER, type ObjectEncoder } from './encoded-object.js';
import { encodeOne } from './list-body.js';
import type { Representation } from './representation.js';
import { type ChangeType, eventObject } from './watch-transition.js';

/** How the events of one watch are written. */
export interface FrameStyle {
  readonly resource: Pick<ServedResource, 'kind' | 'columns'>;
  readonly representation: Representation;
  /** Whether a table says what its columns are: in the first event of a watch. */
  readonly showsColumns: boolean;
}

/** Events of watches as lines of JSON. A change is encoded once for all watchers that see it alike. */
export interface FrameEncoder {
  change(change: ObservedChange, type: ChangeType, style: FrameStyle): Buffer;
  /** An object that was there when the watch began. */
  initial(object: KubeObject, style: FrameStyle): Buffer;
  /** How many frames were encoded rather than shared; for tests and figures. */
  encoded(): number;
}

/** Newest changes whose frames are kept; who comes later has them encoded again. */
const MAX_SHARED = 1_024;

export function createFrameEncoder(options: {
  readonly encoder: ObjectEncoder;
  readonly wallMs: () => number;
}): FrameEncoder {
  const { encoder, wallMs } = options;
  const shared = new Map<ObservedChange, Map<string, Buffer>>();
  let count = 0;

  const framesOf = (change: ObservedChange): Map<string, Buffer> => {
    const known = shared.get(change);
    if (known !== undefined) return known;
    const [oldest] = shared.keys();
    if (shared.size >= MAX_SHARED && oldest !== undefined) shared.delete(oldest);
    const frames = new Map<string, Buffer>();
    shared.set(change, frames);
    return frames;
  };
  const encode = (
    object: KubeObject,
    type: ChangeType,
    style: FrameStyle & { readonly encoder: ObjectEncoder },
  ): Buffer => {
    count += 1;
    return frame(type, encodeOne(object, { ...style, nowMs: wallMs() }));
  };
  return {
    change(change, type, style) {
      const frames = framesOf(change);
      const key = `${type} ${styleKey(style)}`;
      const known = frames.get(key);
      if (known !== undefined) return known;
      const object = eventObject(change, type);
      const whole = { ...style, encoder: FORGETFUL_ENCODER };
      const bytes = object === undefined ? EMPTY : encode(object, type, whole);
      frames.set(key, bytes);
      return bytes;
    },
    initial: (object, style) => encode(object, 'ADDED', { ...style, encoder }),
    encoded: () => count,
  };
}

/** The mark that a client may begin again behind this version; `isInitialEnd` = everything that was there has been sent. */
export function bookmarkFrame(version: number, style: FrameStyle, isInitialEnd: boolean): Buffer {
  const metadata = {
    resourceVersion: String(version),
    creationTimestamp: null,
    ...(isInitialEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}),
  };
  return frame('BOOKMARK', Buffer.from(JSON.stringify(bookmark(style, metadata))));
}

/** The last event of a watch that cannot go on. */
export function errorFrame(status: Status): Buffer {
  return frame('ERROR', Buffer.from(JSON.stringify(status)));
}

function bookmark({ resource, representation }: FrameStyle, metadata: object): object {
  switch (representation.form) {
    case 'object':
      return { kind: resource.kind.kind, apiVersion: apiVersionOf(resource.kind), metadata };
    case 'metadata':
      return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata };
    case 'table':
      return { kind: 'Table', apiVersion: 'meta.k8s.io/v1', metadata, rows: [] };
  }
}

function styleKey({ representation, showsColumns }: FrameStyle): string {
  if (representation.form !== 'table') return representation.form;
  return `table ${representation.includeObject} ${showsColumns}`;
}

const EMPTY = Buffer.alloc(0);
const END = Buffer.from('}\n');

function frame(type: string, object: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`{"type":"${type}","object":`), object, END]);
}
