// SPDX-License-Identifier: Apache-2.0

/** What differs from run to run without meaning anything. */
export interface RunFacts {
  /** Base URL of the server. */
  readonly server: string;
  /** The folder that the commands run in. */
  readonly folder: string;
}

/**
 * Replaces what every run has anew: addresses, folders, uids, times, ages, and resource versions, which keep their order of
 * appearance (the same version is the same word in all outputs of one normaliser).
 */
export function createNormaliser({ server, folder }: RunFacts): (text: string) => string {
  const versions = new Map<string, string>();
  const nameOf = (version: string): string => {
    const known = versions.get(version) ?? `RV${versions.size + 1}`;
    versions.set(version, known);
    return known;
  };
  return (text) =>
    withoutAges(text)
      .replaceAll(server, 'https://SERVER')
      .replaceAll(server.replace('https://', ''), 'SERVER')
      .replaceAll(folder, 'FOLDER')
      .replace(/\/tmp\/(LIVE|MERGED)-\d+/g, '$1')
      .replace(/\/tmp\/(\S+-edit-)\d+(\.\w+)/g, '$1N$2')
      .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UID')
      .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, 'TIME')
      .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ [-+]\d{4}/g, 'TIME')
      // What client-go says of a watch that ended within a second depends on the millisecond.
      .replace(/^[EIW]\d{4} .* reflector\.go:.*\n/gm, '')
      .replace(/^([EIW])\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ (\S+?):\d+\]/gm, '$1 $2]')
      .replace(
        /(resourceVersion"?: ?"|Resource Version: +)(\d+)/g,
        (_, head, version) => String(head) + nameOf(String(version)),
      );
}

/** The words below AGE in a table; three letters, as the ages of the first minutes have with their padding. */
function withoutAges(text: string): string {
  let column = -1;
  return text
    .split('\n')
    .map((line) => {
      const header = /^[A-Z][A-Z() -]*(?<= )AGE\b/.exec(line);
      if (header !== null) column = header[0].length - 'AGE'.length;
      const age = column < 0 ? null : /^\d+[dhms](?:\d+[dhms])?/.exec(line.slice(column));
      // A row of a watch may be wider than the header that came before it.
      if (age === null)
        return column < 0 ? line : line.replace(/(?<=^\S.* )\d+[dhms](?:\d+[dhms])?$/, 'AGE');
      const end = column + Math.max(age[0].length, 'AGE'.length);
      return `${line.slice(0, column)}AGE${line.slice(end)}`.trimEnd();
    })
    .join('\n');
}
