// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../../shared/errors/heartline-error.js';
import type { ItemPath } from '../resources/resource-paths.js';

/** Where the next page of a list begins. */
export interface ContinueToken {
  /** Version that all pages show; undefined = whatever is newest. */
  readonly version: number | undefined;
  /** The last object of the page before. */
  readonly after: ItemPath;
}

/** Clients hand it back as it is; it says nothing that the list did not say. */
export function encodeContinue({ version, after }: ContinueToken): string {
  const content = { v: 1, rv: version ?? -1, after: [after.namespace, after.name] };
  return Buffer.from(JSON.stringify(content)).toString('base64url');
}

/** Throws INVALID_ARGUMENT for what `encodeContinue` did not write. */
export function decodeContinue(text: string): ContinueToken {
  const content = parse(text);
  if (content === undefined) {
    throw new HeartlineError(
      'INVALID_ARGUMENT',
      'invalid continue token: continue key is not valid: give back the value of metadata.continue as it came, or list without it',
    );
  }
  return content;
}

function parse(text: string): ContinueToken | undefined {
  let content: unknown;
  try {
    content = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    // No JSON is as wrong as other JSON; the caller says so.
    return undefined;
  }
  if (typeof content !== 'object' || content === null) return undefined;
  const { v, rv, after } = content as { v?: unknown; rv?: unknown; after?: unknown };
  const [namespace, name, ...rest] = Array.isArray(after) ? (after as unknown[]) : [];
  if (v !== 1 || !Number.isSafeInteger(rv) || Number(rv) < -1 || rest.length > 0) return undefined;
  if (typeof namespace !== 'string' || typeof name !== 'string') return undefined;
  return { version: rv === -1 ? undefined : Number(rv), after: { namespace, name } };
}
