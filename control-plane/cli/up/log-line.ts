// SPDX-License-Identifier: Apache-2.0

/** Levels that an operator sees on the terminal; the rest is in the log file only. */
const SHOWN_LEVELS: ReadonlySet<unknown> = new Set(['warn', 'error', 'fatal']);
/** Fields every line has, of no interest on a terminal. */
const HIDDEN_FIELDS: ReadonlySet<string> = new Set([
  'level',
  'time',
  'name',
  'msg',
  'err',
  'stack',
]);

/** A child's JSON log line as text for the terminal, or undefined when it is none that matters there. */
export function shownText(line: string): string | undefined {
  const entry = parseEntry(line);
  if (entry === undefined) return undefined;
  if (entry['msg'] === 'draining') return drainingText(entry);
  return SHOWN_LEVELS.has(entry['level']) ? entryText(entry) : undefined;
}

/** Whether a line reports a failure: a JSON line of level error or fatal, or what our programs print last. */
export function isError(line: string): boolean {
  const level = parseEntry(line)?.['level'];
  return level === 'error' || level === 'fatal' || /^error: |^\w*Error: /i.test(line);
}

/** Any line of a child's output in one short sentence. */
export function plainText(line: string): string {
  const entry = parseEntry(line);
  return entry === undefined ? line.trim().replace(/^error: /, '') : entryText(entry);
}

function parseEntry(line: string): Readonly<Record<string, unknown>> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Readonly<Record<string, unknown>>;
  } catch {
    // A line that only looks like JSON is shown as it is.
    return undefined;
  }
}

/** A worker that drains says every few seconds how many connections are left; whoever waits for it sees them go. */
function drainingText({
  left,
  hardEndSeconds,
  byProtocol,
}: Readonly<Record<string, unknown>>): string {
  const kinds = Object.entries((byProtocol ?? {}) as Readonly<Record<string, number>>)
    .map(([protocol, count]) => `${protocol} ${count}`)
    .join(', ');
  const connections = left === 1 ? 'connection' : 'connections';
  return `draining: ${left} ${connections} left (${kinds}), ${hardEndSeconds} s to the hard end`;
}

function entryText(entry: Readonly<Record<string, unknown>>): string {
  const fields = Object.entries(entry)
    .filter(([name]) => !HIDDEN_FIELDS.has(name))
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const error = entry['err'] as { readonly message?: unknown } | undefined;
  const cause = error?.message === undefined ? [] : [`(${String(error.message)})`];
  return [String(entry['msg'] ?? ''), ...cause, ...fields].join(' ').trim();
}
