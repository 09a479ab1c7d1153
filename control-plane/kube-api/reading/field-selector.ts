// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../../shared/errors/heartline-error.js';
import type { JsonValue } from '../../log/transaction.js';
import type { KubeObject } from '../../policy/kube-object.js';
import { isJsonObject } from '../../policy/structural-schema.js';

export type FieldSelector = (object: KubeObject) => boolean;

const FIELDS_OF_ALL: readonly string[] = ['metadata.name', 'metadata.namespace'];

/**
 * Compiles a fieldSelector: `metadata.name=a,type!=Opaque`; a backslash takes the meaning off a comma, an
 * equals sign or a backslash. Only metadata.name, metadata.namespace and the `selectable` paths of the resource may be named.
 * Throws INVALID_ARGUMENT.
 */
export function parseFieldSelector(text: string, selectable: readonly string[]): FieldSelector {
  const parts = text.match(/(?:\\.|[^,\\])+/g) ?? [];
  const terms = parts.map((part) => parseTerm(part, text, selectable));
  return (object) => terms.every((isMet) => isMet(object));
}

function parseTerm(part: string, whole: string, selectable: readonly string[]): FieldSelector {
  const match = /^((?:\\.|[^=!\\])+)(!=|==?)((?:\\.|[^=\\])*)$/.exec(part.trim());
  if (match === null) {
    throw badSelector(
      `invalid selector: ${JSON.stringify(whole)}; ${JSON.stringify(part)} is no FIELD=VALUE and no FIELD!=VALUE`,
    );
  }
  const [path = '', operator, value = ''] = match.slice(1).map(withoutEscapes);
  if (!FIELDS_OF_ALL.includes(path) && !selectable.includes(path)) {
    throw badSelector(`field label not supported: ${path}`);
  }
  const steps = path.split('.');
  return (object) => (readText(object, steps) === value) === (operator !== '!=');
}

/** A field that is absent equals the empty text. */
function readText(object: KubeObject, steps: readonly string[]): string {
  let value: JsonValue | undefined = object as unknown as JsonValue;
  for (const step of steps) value = isJsonObject(value) ? value[step] : undefined;
  return value === undefined || value === null ? '' : String(value);
}

function withoutEscapes(text: string): string {
  return text.replace(/\\(.)/g, '$1');
}

function badSelector(message: string): HeartlineError {
  return new HeartlineError('INVALID_ARGUMENT', message);
}
