// SPDX-License-Identifier: Apache-2.0
import type { Registry } from 'prom-client';
import { toHeartlineError } from '../../../shared/errors/heartline-error.js';
import type { Logger } from '../../../shared/telemetry/logger.js';
import type { Clock, Timer } from '../../../shared/time/clock.js';
import type { Admission } from '../../policy/admission.js';
import type { Store } from '../../store/store.js';
import type { ObjectDoor } from '../object-door.js';
import { listOwned } from '../ownership.js';
import { applyFile } from './apply-file.js';
import { checkManifest } from './check-manifest.js';
import type { FileStatus, FolderStatus } from './folder-status.js';
import { type Looked, lookAtFolder } from './look-at-folder.js';
import { addManifestMetrics } from './manifest-metrics.js';
import { type FilePlan, type FolderLook, planFolder } from './plan-folder.js';
import { watchFolders } from './watch-folder.js';

export interface ManifestSourceOptions {
  /** Absolute. */
  readonly dir: string;
  readonly door: ObjectDoor;
  readonly store: Pick<Store, 'list'>;
  readonly admission: Admission;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Where the folder's metrics are shown. */
  readonly registry: Registry;
  /** How long the folder must look the same before it is acted on, so that a file is not read while it is written. Default 200 ms. */
  readonly settleMs?: number;
  /** How often the folder is looked at without a hint of the kernel, which network file systems never give. Default 10 s. */
  readonly pollMs?: number;
}

export interface ManifestSource {
  /** Settles after the first look was acted on; a folder that is not there is no failure. */
  start(): Promise<void>;
  stop(): Promise<void>;
  status(): FolderStatus;
}

const SETTLE_MS = 200;
const POLL_MS = 10_000;
/** A file that something writes all the time must not keep the control plane from starting: 10 s with the default. */
const MAX_LOOKS = 50;
const UNSETTLED = 'unsettled';

/** A folder of manifests as the source of objects: looked at, settled, planned, applied file by file. */
export function createManifestSource(options: ManifestSourceOptions): ManifestSource {
  const follower = new FolderFollower(options);
  addManifestMetrics(options.registry, () => follower.status());
  return follower;
}

/** `looking-again`: a hint came while the folder was looked at, so that it is looked at once more. */
type Phase = 'resting' | 'looking' | 'looking-again' | 'stopped';

class FolderFollower implements ManifestSource {
  readonly #options: ManifestSourceOptions;
  readonly #watch = watchFolders(() => this.#hint());
  /** The look that everything was written for; undefined = there is something left to do. */
  #doneFor: string | undefined;
  #status: FolderStatus;
  /** What was last said about each file, so that it is said once. */
  readonly #said = new Map<string, string>();
  /** Text of the files that are applied as they are; another round has nothing to do for them. */
  readonly #applied = new Map<string, string>();
  #phase: Phase = 'resting';
  /** The rounds that go on now, or the last ones. */
  #rounds: Promise<void> = Promise.resolve();
  #poll: Timer | undefined;

  constructor(options: ManifestSourceOptions) {
    this.#options = options;
    this.#status = { dir: options.dir, unreadable: undefined, heldBack: undefined, files: [] };
  }

  start(): Promise<void> {
    return this.#hint();
  }

  async stop(): Promise<void> {
    this.#phase = 'stopped';
    this.#watch.stop();
    this.#poll?.cancel();
    await this.#rounds;
  }

  status(): FolderStatus {
    return this.#status;
  }

  /** One round at a time; hints during a round make one more. */
  #hint(): Promise<void> {
    switch (this.#phase) {
      case 'resting':
        this.#poll?.cancel();
        this.#rounds = this.#goRound();
        break;
      case 'looking':
        this.#phase = 'looking-again';
        break;
      case 'looking-again':
      case 'stopped':
        break;
    }
    return this.#rounds;
  }

  async #goRound(): Promise<void> {
    const { clock, pollMs = POLL_MS } = this.#options;
    let isSettled: boolean;
    do {
      this.#phase = 'looking';
      isSettled = await this.#guardedRound();
      // A folder that never rests hints without end; it has to wait for the poll.
    } while (isSettled && this.#is('looking-again'));
    if (this.#is('stopped')) return;
    this.#phase = 'resting';
    this.#poll = clock.after(pollMs, () => void this.#hint());
  }

  /** Read through a call: others move the phase while a round waits. */
  #is(phase: Phase): boolean {
    return this.#phase === phase;
  }

  /** Nothing of a round is expected to throw; the next one starts from the truth again. */
  async #guardedRound(): Promise<boolean> {
    const { dir, logger } = this.#options;
    try {
      return await this.#round();
    } catch (thrown) {
      logger.error({ err: toHeartlineError(thrown), dir }, 'manifest folder could not be followed');
      return false;
    }
  }

  /** False when the folder never rested, so that nothing was done. */
  async #round(): Promise<boolean> {
    const settled = await this.#settledLook();
    if (settled === undefined) {
      this.#sayUnsettled();
      return false;
    }
    this.#said.delete(UNSETTLED);
    const { look } = settled;
    const seen = JSON.stringify(look);
    if (this.#is('stopped') || seen === this.#doneFor) return true;
    this.#doneFor = undefined;
    if (await this.#act(look)) this.#doneFor = seen;
    return true;
  }

  /** Looks until two looks in a row are the same; a look that was handled already needs no second one. undefined = never. */
  async #settledLook(): Promise<Looked | undefined> {
    const { dir, settleMs = SETTLE_MS } = this.#options;
    let before = await lookAtFolder(dir);
    for (let looks = 1; looks < MAX_LOOKS; looks += 1) {
      // Watched before the second look, so that no change falls between.
      this.#watch.follow(before.directories);
      const seen = JSON.stringify(before.look);
      if (this.#is('stopped') || seen === this.#doneFor) return before;
      await this.#pause(settleMs);
      const after = await lookAtFolder(dir);
      if (JSON.stringify(after.look) === seen) return after;
      before = after;
    }
    return undefined;
  }

  #sayUnsettled(): void {
    const { dir, logger } = this.#options;
    this.#say(UNSETTLED, '', () => {
      logger.warn(
        { dir, looks: MAX_LOOKS },
        'manifest folder never rests; it is looked at again later',
      );
    });
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#options.clock.after(ms, resolve, { holdsProcess: true });
    });
  }

  /** Whether nothing is left to try again. */
  async #act(look: FolderLook): Promise<boolean> {
    const { dir, door, store, admission, logger } = this.#options;
    if (!look.ok) {
      const unreadable = look.reason;
      this.#say(dir, unreadable, () => {
        logger.warn({ dir, reason: unreadable }, 'manifest folder cannot be read; all is kept');
      });
      this.#status = { ...this.#status, unreadable, heldBack: unreadable };
      return true;
    }
    this.#said.delete(dir);
    const { entries } = look;
    const owned = listOwned(store.list, 'manifests');
    const plan = planFolder(entries, owned, (manifest) => checkManifest(admission, manifest));
    const texts = new Map(
      entries.map(({ path, content }) => [path, content.ok ? content.text : '']),
    );
    const files: FileStatus[] = [];
    for (const file of plan.files) {
      files.push(await this.#applyOne(door, file, texts.get(file.path) ?? ''));
    }
    this.#sayHeldBack(plan.heldBack);
    const { heldBack } = plan;
    const there = files.filter(({ state }) => state !== 'gone');
    this.#status = { dir, unreadable: undefined, heldBack, files: there };
    // What others refuse may be taken later: the owner may go away, the disk may have room again.
    return plan.files.every(({ state }, index) => state === files[index]?.state);
  }

  async #applyOne(door: ObjectDoor, plan: FilePlan, text: string): Promise<FileStatus> {
    const { path, state, manifests, removals, problems } = plan;
    const status = { path, state, objects: manifests.length, problems };
    const isApplied = state === 'good' && removals.length === 0 && this.#applied.get(path) === text;
    if (isApplied) return status;
    this.#applied.delete(path);
    const result = await applyFile(door, plan);
    if (!result.ok) {
      const refused = [`${path}: ${result.error.message}`];
      this.#sayProblems(path, refused);
      return { ...status, state: 'refused', problems: refused };
    }
    const { created, configured, deleted, warnings } = result;
    if (created + configured + deleted > 0) {
      const counts = { created, configured, deleted };
      this.#options.logger.info({ file: path, ...counts }, 'manifest file applied');
      if (warnings.length > 0) {
        this.#options.logger.warn({ file: path, warnings }, 'manifest file has warnings');
      }
    }
    this.#sayProblems(path, problems);
    if (state === 'good') this.#applied.set(path, text);
    return status;
  }

  #sayProblems(file: string, problems: readonly string[]): void {
    if (problems.length === 0) {
      this.#said.delete(file);
      return;
    }
    this.#say(file, problems.join('\n'), () => {
      this.#options.logger.warn(
        { file, problems },
        'manifest file refused; what it said before stays in force',
      );
    });
  }

  #sayHeldBack(reason: string | undefined): void {
    const key = 'held back';
    if (reason === undefined) {
      this.#said.delete(key);
      return;
    }
    this.#say(key, reason, () => {
      this.#options.logger.warn(
        { dir: this.#options.dir, reason },
        'objects that are not in the manifest folder are kept',
      );
    });
  }

  #say(key: string, what: string, log: () => void): void {
    if (this.#said.get(key) === what) return;
    this.#said.set(key, what);
    log();
  }
}
