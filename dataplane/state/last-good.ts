// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { errnoOf } from '../../shared/errors/heartline-error.js';
import type { Logger } from '../../shared/telemetry/logger.js';
import { type Backoff, createBackoff } from '../../shared/time/backoff.js';
import type { Clock, Timer } from '../../shared/time/clock.js';
import { type LastGood, parseLastGood, renderLastGood } from './last-good-format.js';

export const LAST_GOOD_FILE = 'last-good.json';

export interface LastGoodOptions {
  readonly dataDir: string;
  /** `namespace/name` of the worker's Gateway. */
  readonly gateway: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
  /** Called for each failed write. */
  readonly onFailure: () => void;
}

/** A full disk is retried at this pace, milliseconds. */
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 60_000;
/** Endpoints that a restart finds in the file are this old at most, plus the time of the restart; retries find live ones. */
const LATER_MS = 5_000;

/** The file a worker starts from when no control plane answers. Writing it never delays or fails anything else. */
export class LastGoodFile {
  readonly #options: LastGoodOptions;
  readonly #path: string;
  readonly #backoff: Backoff;
  #wanted: LastGood | undefined;
  #writing: Promise<void> | undefined;
  #retry: Timer | undefined;
  #closed = false;
  #later: (() => LastGood) | undefined;
  #laterTimer: Timer | undefined;

  constructor(options: LastGoodOptions) {
    this.#options = options;
    this.#path = join(options.dataDir, LAST_GOOD_FILE);
    this.#backoff = createBackoff({
      initialMs: FIRST_RETRY_MS,
      maxMs: LAST_RETRY_MS,
      jitter: 0.2,
      random: options.random,
    });
  }

  /** Undefined when there is none to use; one that cannot be used is kept under another name. */
  load(): LastGood | undefined {
    const { logger, gateway, dataDir } = this.#options;
    try {
      mkdirSync(dataDir, { recursive: true, mode: 0o700 });
      removeLeftovers(dataDir);
      const read = parseLastGood(readFileSync(this.#path, 'utf8'), gateway);
      if (!('reason' in read)) return read;
      const kept = `${this.#path}.bad`;
      renameSync(this.#path, kept);
      logger.error(
        { file: this.#path, reason: read.reason, kept },
        'the last-good file cannot be used, starting empty',
      );
    } catch (thrown) {
      if (errnoOf(thrown) === 'ENOENT') return undefined;
      logger.error(
        { err: thrown, file: this.#path },
        'the last-good file cannot be read, starting empty',
      );
    }
    return undefined;
  }

  /**
   * Writes what `make` gives then, at most once in some seconds: for what changes all the time, and is worth no
   * rendering of the whole file for each change.
   */
  saveLater(make: () => LastGood): void {
    if (this.#closed) return;
    this.#later = make;
    this.#laterTimer ??= this.#options.clock.after(LATER_MS, () => this.#saveLaterNow());
  }

  #saveLaterNow(): void {
    const make = this.#later;
    this.#laterTimer?.cancel();
    this.#laterTimer = undefined;
    this.#later = undefined;
    if (make !== undefined) this.save(make());
  }

  /** Writes `lastGood` soon; of several that wait only the newest is written. */
  save(lastGood: LastGood): void {
    if (this.#closed) return;
    this.#wanted = lastGood;
    this.#retry?.cancel();
    this.#retry = undefined;
    this.#writing ??= this.#writeAll();
  }

  /** Settles when everything saved is on disk or has failed; later saves are ignored. */
  async close(): Promise<void> {
    this.#saveLaterNow();
    this.#closed = true;
    this.#retry?.cancel();
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    for (let next = this.#take(); next !== undefined; next = this.#take()) {
      if (!(await this.#write(next))) {
        this.#retryLater(next);
        break;
      }
    }
    this.#writing = undefined;
  }

  #take(): LastGood | undefined {
    const wanted = this.#wanted;
    this.#wanted = undefined;
    return wanted;
  }

  async #write(lastGood: LastGood): Promise<boolean> {
    const { logger, onFailure } = this.#options;
    try {
      // It says what the gateway leads to: readable by the owner only.
      await writeFileAtomic(this.#path, renderLastGood(lastGood), { mode: 0o600 });
      this.#backoff.reset();
      logger.debug({ file: this.#path, version: lastGood.label }, 'last-good file written');
      return true;
    } catch (thrown) {
      onFailure();
      logger.error(
        { err: thrown, file: this.#path, version: lastGood.label },
        'the last-good file cannot be written, serving on; free space or fix its directory',
      );
      return false;
    }
  }

  #retryLater(lastGood: LastGood): void {
    if (this.#closed) return;
    const newest = this.#wanted ?? lastGood;
    this.#retry = this.#options.clock.after(this.#backoff.nextMs(), () => this.save(newest));
  }
}

/** A kill during a write leaves the half-written temporary file; nobody else would remove it. */
function removeLeftovers(dataDir: string): void {
  for (const name of readdirSync(dataDir)) {
    if (/^last-good\.json\.\d+$/.test(name)) rmSync(join(dataDir, name), { force: true });
  }
}
