// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf, HeartlineError } from '../../shared/errors/heartline-error.js';

/** 256 random bits: nobody guesses it, and one line of 43 characters is easy to copy. */
const TOKEN_BYTES = 32;

/**
 * The token in a file of one line; made up and written, readable by its owner alone, when there is none
 * yet. Throws CONFIG when the file holds no token.
 */
export function readOrCreateToken(path: string): string {
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, `${token}\n`, { mode: 0o600, flag: 'wx' });
    return token;
  } catch (thrown) {
    if (errnoOf(thrown) !== 'EEXIST') throw unreadable(path, thrown);
    return readToken(path);
  }
}

function readToken(path: string): string {
  const token = readText(path).trim();
  if (/^\S{16,}$/.test(token)) return token;
  throw new HeartlineError(
    'CONFIG',
    `${path} holds no token (one line of at least 16 characters without spaces); delete it to get a new one`,
    { subject: path },
  );
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    throw unreadable(path, thrown);
  }
}

function unreadable(path: string, cause: unknown): HeartlineError {
  const reason = errnoOf(cause) ?? String(cause);
  return new HeartlineError('CONFIG', `the token file ${path} cannot be used: ${reason}`, {
    subject: path,
    cause,
  });
}
