// SPDX-License-Identifier: Apache-2.0

/** One part of an Accept header, in lower case but for the values of its parameters. */
interface MediaRange {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** The JSON that an Accept header allows, best first; what is refused by `q=0` and what is no JSON is left out. */
export function acceptedJson(accept: string | undefined): readonly MediaRange[] {
  const ranges = accept === undefined || accept.trim() === '' ? '*/*' : accept;
  return ranges
    .split(',')
    .map(parseRange)
    .filter(({ type, parameters }) => JSON_TYPES.has(type) && quality(parameters) > 0)
    .sort((a, b) => quality(b.parameters) - quality(a.parameters));
}

/**
 * Whether an Accept header allows plain JSON. Media types with an `as` parameter (`as=Table`) ask for another
 * shape; clients that send one list plain JSON as well.
 */
export function acceptsJson(accept: string | undefined): boolean {
  return acceptedJson(accept).some(({ parameters }) => !parameters.has('as'));
}

const JSON_TYPES: ReadonlySet<string> = new Set(['application/json', 'application/*', '*/*']);

function parseRange(range: string): MediaRange {
  const [type = '', ...rest] = range.split(';').map((part) => part.trim());
  const parameters = rest.map((part): [string, string] => {
    const [name = '', value = ''] = part.split('=', 2);
    return [name.trim().toLowerCase(), value.trim()];
  });
  return { type: type.toLowerCase(), parameters: new Map(parameters) };
}

/** RFC 9110 section 12.4.2; absent or no number = 1. */
function quality(parameters: MediaRange['parameters']): number {
  const value = Number(parameters.get('q') ?? 1);
  return Number.isNaN(value) ? 1 : value;
}
