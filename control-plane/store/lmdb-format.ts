// SPDX-License-Identifier: Apache-2.0
import type { Database, RootDatabase } from 'lmdb';
import { HeartlineError } from '../../shared/errors/heartline-error.js';

/** What `store.mdb` holds: see lmdb-store.ts. Raised with every change that an older build cannot read. */
const STORE_FORMAT = 1;

/** Rewrites the data from one format to the next one; runs inside one lmdb transaction. */
export type Migration = (env: RootDatabase) => void;

export interface FormatOptions {
  readonly env: RootDatabase;
  readonly meta: Database<unknown, string>;
  /** File of `env`; the backup is put beside it. */
  readonly path: string;
  /** Called before each migration; throws when the disk has no room to write all of the data once more. */
  readonly makeRoomToRewrite: () => void;
  /** Default STORE_FORMAT. */
  readonly current?: number;
  /** By the format they start from. There is none before format 1. */
  readonly migrations?: ReadonlyMap<number, Migration>;
}

/**
 * Brings stored data to the format of this build, after a copy of it was made as
 * `<path>.format-<N>.backup`. Throws FORMAT_TOO_NEW for data of a newer build and changes nothing then.
 */
export async function bringToFormat(options: FormatOptions): Promise<void> {
  const { env, meta, path, makeRoomToRewrite } = options;
  const { current = STORE_FORMAT, migrations = new Map() } = options;
  const stored = meta.get('format');
  if (stored === undefined) {
    await meta.put('format', current);
    return;
  }
  if (typeof stored !== 'number' || stored > current) {
    throw new HeartlineError(
      'FORMAT_TOO_NEW',
      `${path} has format ${String(stored)} and this build reads up to format ${current}: start the build that wrote it, or use another data directory`,
      { subject: path },
    );
  }
  if (stored === current) return;
  const steps = planMigration(path, stored, current, migrations);
  await env.backup(`${path}.format-${stored}.backup`, false);
  for (const { from, migrate } of steps) {
    makeRoomToRewrite();
    env.transactionSync(() => {
      migrate(env);
      meta.putSync('format', from + 1);
    });
  }
}

interface Step {
  readonly from: number;
  readonly migrate: Migration;
}

function planMigration(
  path: string,
  stored: number,
  current: number,
  migrations: ReadonlyMap<number, Migration>,
): readonly Step[] {
  const steps: Step[] = [];
  for (let from = stored; from < current; from += 1) {
    const migrate = migrations.get(from);
    if (migrate === undefined) {
      throw new HeartlineError(
        'CONFIG',
        `${path} has format ${stored} and this build cannot read a format that old: start a build between the two first`,
        { subject: path },
      );
    }
    steps.push({ from, migrate });
  }
  return steps;
}
