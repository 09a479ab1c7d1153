// SPDX-License-Identifier: Apache-2.0

/**
 * Whether an Accept header allows plain JSON, the only thing we answer. Media types with an `as`
 * parameter (`as=Table`) ask for another shape; clients that send one list plain JSON as well.
 */
export function acceptsJson(accept: string | undefined): boolean {
  if (accept === undefined || accept.trim() === '') return true;
  return accept.split(',').some((range) => {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    if (!['application/json', 'application/*', '*/*'].includes(type)) return false;
    return !parameters.some((part) => part.startsWith('as=') || /^q=0(\.0*)?$/.test(part));
  });
}
