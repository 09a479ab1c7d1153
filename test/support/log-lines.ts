// SPDX-License-Identifier: Apache-2.0

/** One line of a plane's log. */
interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** The complete JSON lines of a log. */
function parseLog(text: string): readonly LogLine[] {
  const lines = text.split('\n').slice(0, -1);
  return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as LogLine);
}

/** Those lines that an operator is shown: warnings and worse. */
export function troubles(text: string): readonly LogLine[] {
  return parseLog(text).filter(({ level }) => ['warn', 'error', 'fatal'].includes(level));
}
