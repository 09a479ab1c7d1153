// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../shared/errors/heartline-error.js';

export interface Range {
  readonly min: number;
  readonly max: number;
  readonly absent: number;
}

/** A whole number among the parameters of a URL; throws HeartlineError INVALID_ARGUMENT. */
export function wholeNumber(
  query: URLSearchParams,
  name: string,
  { min, max, absent }: Range,
): number {
  const sent = query.get(name);
  if (sent === null) return absent;
  const value = /^[0-9]{1,16}$/.test(sent) ? Number(sent) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw invalid(name, sent, `a whole number from ${min} to ${max}`);
}

export function invalid(name: string, sent: string, takes: string): HeartlineError {
  return new HeartlineError('INVALID_ARGUMENT', `${name} is ${sent}; it takes ${takes}`);
}
