// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import { MAX_TRANSACTION_BYTES } from '../log/transaction.js';
import { findNonJson, parseDocuments, type TextPosition } from './documents.js';

/** Largest request body, bytes: a stored object plus what the log adds must fit one transaction. */
export const MAX_BODY_BYTES = MAX_TRANSACTION_BYTES - 65_536;

/** What is answered to a larger one; our own client says it before it sends what a server would cut off. */
export function bodyTooLarge(cause?: unknown): HeartlineError {
  return new HeartlineError(
    'TOO_LARGE',
    `the body is larger than ${MAX_BODY_BYTES} bytes, the most that one object may have`,
    { cause },
  );
}

type BodyFormat = 'json' | 'yaml';

/** The format a Content-Type names; anything but JSON and YAML in UTF-8 is refused (415). */
export function bodyFormat(contentType: string | undefined): BodyFormat {
  const [type = '', ...parameters] = (contentType ?? '').toLowerCase().split(';');
  const charset = parameters.map((part) => part.trim()).find((part) => part.startsWith('charset='));
  const isUtf8 = charset === undefined || /^charset="?utf-8"?$/.test(charset);
  if (isUtf8 && type.trim() === 'application/json') return 'json';
  if (isUtf8 && type.trim() === 'application/yaml') return 'yaml';
  throw new HeartlineError(
    'UNSUPPORTED_MEDIA',
    `the body of the request was in an unknown format (${JSON.stringify(contentType ?? '')}) - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf, in UTF-8`,
  );
}

/** The one JSON value in a request body; errors name line and column. */
export function parseBody(bytes: Uint8Array, contentType: string | undefined): unknown {
  return bodyFormat(contentType) === 'json' ? parseJson(bytes) : parseYaml(bytes);
}

export function parseJson(bytes: Uint8Array): unknown {
  return parseJsonBody(decodeUtf8(bytes));
}

export function parseYaml(bytes: Uint8Array): unknown {
  const text = decodeUtf8(bytes);
  // JSON is YAML, and what clients send as YAML mostly is: its parser is thirty times as fast.
  return isJsonText(text) ? parseJsonBody(text) : parseYamlBody(text);
}

function isJsonText(text: string): boolean {
  if (!text.startsWith('{')) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    // A YAML flow mapping, or broken: the YAML parser says which.
    return false;
  }
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new HeartlineError('INVALID_ARGUMENT', 'the body is not valid UTF-8', { cause });
  }
}

function parseYamlBody(text: string): unknown {
  const result = parseDocuments(text);
  if (!result.ok) {
    const { message, ...at } = result.problems[0];
    throw badSyntax('YAML', at, message);
  }
  const [document, second] = result.documents;
  if (document === undefined) throw emptyBody();
  if (second !== undefined) {
    throw new HeartlineError(
      'INVALID_ARGUMENT',
      `the body holds ${result.documents.length} YAML documents (the second starts at line ${second.start.line}); send one object per request`,
    );
  }
  return document.value;
}

function parseJsonBody(text: string): unknown {
  if (text.trim() === '') throw emptyBody();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    throw badSyntax('JSON', locateJsonError(text, message), message);
  }
  const fault = findNonJson(value, 0);
  if (fault !== undefined) throw new HeartlineError('INVALID_ARGUMENT', `the body is ${fault}`);
  return value;
}

/** V8 names an offset in some messages only; JSON is YAML, so the YAML parser finds most others. */
function locateJsonError(text: string, message: string): TextPosition | undefined {
  const offset = /at position (\d+)/.exec(message)?.[1];
  if (offset !== undefined) {
    const before = text.slice(0, Number(offset)).split('\n');
    return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
  }
  const result = parseDocuments(text);
  return result.ok ? undefined : result.problems[0];
}

function badSyntax(format: string, at: TextPosition | undefined, message: string): HeartlineError {
  const where = at === undefined ? '' : ` at line ${at.line}, column ${at.column}`;
  return new HeartlineError(
    'INVALID_ARGUMENT',
    `the body is not valid ${format}${where}: ${message}`,
  );
}

function emptyBody(): HeartlineError {
  return new HeartlineError('INVALID_ARGUMENT', 'the body is empty; send one object');
}
