// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import type { ApplyRequest } from '../source/object-door.js';

/** Longest `reason` of a change, characters; it goes into the log with every write. */
const MAX_REASON_CHARACTERS = 1024;

/** Query parameters as fastify hands them over; a repeated one is an array. */
export type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface WriteOptions {
  readonly dryRun: boolean;
  readonly fieldValidation: ApplyRequest['fieldValidation'];
  readonly reason: string;
}

/**
 * Options of POST, PUT and DELETE. `fieldValidation` is Warn when absent, as in Kubernetes; the reason
 * comes from `reason` in the query or the `heartline-reason` header, else names the method.
 */
export function readWriteOptions(
  query: Query,
  request: { readonly method: string; readonly reasonHeader: string | undefined },
): WriteOptions {
  const reason =
    singleValue(query, 'reason') ?? request.reasonHeader ?? `applied with ${request.method}`;
  if (reason.length > MAX_REASON_CHARACTERS) {
    throw badQuery(`reason is ${reason.length} characters long; at most ${MAX_REASON_CHARACTERS}`);
  }
  return { dryRun: readDryRun(query), fieldValidation: readFieldValidation(query), reason };
}

function readDryRun(query: Query): boolean {
  const value = singleValue(query, 'dryRun');
  if (value === undefined || value === '') return false;
  if (value === 'All') return true;
  throw badQuery(`dryRun is ${JSON.stringify(value)}; the only value is All`);
}

function readFieldValidation(query: Query): WriteOptions['fieldValidation'] {
  const value = singleValue(query, 'fieldValidation');
  if (value === undefined || value === '') return 'Warn';
  if (value === 'Strict' || value === 'Warn' || value === 'Ignore') return value;
  throw badQuery(`fieldValidation is ${JSON.stringify(value)}; use Strict, Warn or Ignore`);
}

/** A parameter's value. Throws INVALID_ARGUMENT when it is given more than once. */
export function singleValue(query: Query, name: string): string | undefined {
  const value = query[name];
  if (value === undefined || typeof value === 'string') return value;
  throw badQuery(`${name} is given ${value.length} times; give it once`);
}

function badQuery(message: string): HeartlineError {
  return new HeartlineError('INVALID_ARGUMENT', message);
}
