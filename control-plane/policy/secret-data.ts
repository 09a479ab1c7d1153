// SPDX-License-Identifier: Apache-2.0
import type { KubeObject } from './kube-object.js';

/** The fields of a Secret beside its head, after admission. */
export interface SecretBody {
  readonly type: string;
  /** Base64. */
  readonly data?: { readonly [key: string]: string };
}

/** What a read shows for a value. It is no base64, so nobody can write it back by mistake. */
const REDACTED = '<redacted>';

/** The body of an admitted Secret; its schema made sure of the shape. */
export function secretBody(object: KubeObject): SecretBody {
  return object as unknown as SecretBody;
}

/** Moves the text values of a Secret into `data`, where they win, as Kubernetes does; other objects pass. */
export function foldStringData(object: KubeObject): KubeObject {
  if (object.kind !== 'Secret' || !('stringData' in object)) return object;
  const { stringData, ...rest } = object as KubeObject & {
    readonly stringData: { readonly [key: string]: string };
  };
  const texts = Object.entries(stringData).map(([key, text]) => [
    key,
    Buffer.from(text, 'utf8').toString('base64'),
  ]);
  const data = { ...secretBody(object).data, ...Object.fromEntries(texts) };
  return { ...rest, data } as KubeObject;
}

/** A Secret with its keys and without its values; other objects pass. */
export function redactSecret(object: KubeObject): KubeObject {
  if (object.kind !== 'Secret') return object;
  const { data } = secretBody(object);
  if (data === undefined) return object;
  const hidden = Object.keys(data).map((key) => [key, REDACTED]);
  return { ...object, data: Object.fromEntries(hidden) } as KubeObject;
}
