// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { HeartlineError } from '../../shared/errors/heartline-error.js';

/** Reads a bearer token afresh, so that a rotated one is used on the next connect. Throws HeartlineError CONFIG. */
export function readToken(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new HeartlineError('CONFIG', 'the token file cannot be read', { subject: file, cause });
  }
  // One line of printable ASCII: anything else cannot be an HTTP header value.
  if (!/^[\x21-\x7e]+$/.test(text)) {
    throw new HeartlineError('CONFIG', 'the token file has to hold one line with one token', {
      subject: file,
    });
  }
  return text;
}
