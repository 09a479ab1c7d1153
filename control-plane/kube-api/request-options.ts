// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../shared/errors/heartline-error.js';

/** Query parameters as fastify hands them over; a repeated one is an array. */
export type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

/** A parameter's value. Throws INVALID_ARGUMENT when it is given more than once. */
export function singleValue(query: Query, name: string): string | undefined {
  const value = query[name];
  if (value === undefined || typeof value === 'string') return value;
  throw badQuery(`${name} is given ${value.length} times; give it once`);
}

function badQuery(message: string): HeartlineError {
  return new HeartlineError('INVALID_ARGUMENT', message);
}
