// SPDX-License-Identifier: Apache-2.0

/** Flags that select connections; the worker reads their values and says what is wrong with one. */
export interface ConditionFlags {
  readonly side?: string;
  readonly bind?: string;
  readonly listener?: string;
  readonly protocol?: string;
  readonly state?: string;
  readonly version?: string;
  readonly settling?: boolean;
  readonly deferred?: boolean;
  readonly settingsPending?: boolean;
  readonly peer?: string;
  readonly client?: string;
  readonly idleLongerThan?: string;
  readonly olderThan?: string;
}

/** Parameters of the worker's GET /connections, sorted. */
export function conditionsOf(flags: ConditionFlags): ReadonlyMap<string, string> {
  const conditions = new Map<string, string>();
  for (const name of NAMES) {
    const value = flags[name];
    if (value !== undefined) conditions.set(name, String(value));
  }
  return conditions;
}

const NAMES = [
  'bind',
  'client',
  'deferred',
  'idleLongerThan',
  'listener',
  'olderThan',
  'peer',
  'protocol',
  'settingsPending',
  'settling',
  'side',
  'state',
  'version',
] as const;
