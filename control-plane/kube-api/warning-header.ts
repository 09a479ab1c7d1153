// SPDX-License-Identifier: Apache-2.0

/**
 * The value of a Warning header (RFC 7234 §5.5, code 299), whose text kubectl prints. Headers are ASCII
 * without controls; anything else becomes a question mark.
 */
export function renderWarning(text: string): string {
  const printable = text.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, '\\$&');
  return `299 - "${printable}"`;
}

/** The texts of Warning headers; node joins several with a comma. */
export function parseWarnings(header: string | readonly string[] | undefined): string[] {
  const joined = typeof header === 'string' ? header : (header ?? []).join(', ');
  return [...joined.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) =>
    text.replace(/\\(.)/g, '$1'),
  );
}
