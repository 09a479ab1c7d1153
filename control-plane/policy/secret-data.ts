// SPDX-License-Identifier: Apache-2.0
import type { KubeObject } from './kube-object.js';

/** The fields of a Secret beside its head, after admission. */
export interface SecretBody {
  readonly type: string;
  /** Base64. */
  readonly data?: { readonly [key: string]: string };
}

/**
 * What a read shows for a value: `<redacted>` in base64, which typed clients want to decode. A rule of Secret refuses
 * it, so nobody can write it back by mistake.
 */
const REDACTED = 'PHJlZGFjdGVkPg==';

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

/** Where `kubectl apply` writes down what it sent. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** A Secret with its keys and without its values, in its annotation too; other objects pass. */
export function redactSecret(object: KubeObject): KubeObject {
  if (object.kind !== 'Secret') return object;
  const { data } = secretBody(object);
  const lastApplied = object.metadata.annotations?.[LAST_APPLIED];
  return {
    ...object,
    ...(data === undefined ? {} : { data: hideValues(data) }),
    ...(lastApplied === undefined ? {} : { metadata: hideInAnnotation(object, lastApplied) }),
  } as KubeObject;
}

function hideInAnnotation({ metadata }: KubeObject, lastApplied: string): KubeObject['metadata'] {
  const annotations = { ...metadata.annotations, [LAST_APPLIED]: hideInText(lastApplied) };
  return { ...metadata, annotations };
}

/** The keys stay: by them kubectl knows which it has to remove. */
function hideInText(text: string): string {
  try {
    const content = JSON.parse(text) as SecretBody & { readonly stringData?: SecretBody['data'] };
    const { data, stringData } = content;
    const hidden = {
      ...(data === undefined ? {} : { data: hideValues(data) }),
      ...(stringData === undefined ? {} : { stringData: hideValues(stringData) }),
    };
    return `${JSON.stringify({ ...content, ...hidden })}\n`;
  } catch {
    // Whatever it is, it may hold a value.
    return REDACTED;
  }
}

function hideValues(values: object): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.keys(values).map((key) => [key, REDACTED]));
}
