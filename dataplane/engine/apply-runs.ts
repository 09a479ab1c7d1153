// SPDX-License-Identifier: Apache-2.0
import type { Clock, Timer } from '../../shared/time/clock.js';
import type { ApplyReport, PlanProblem } from './report.js';

export interface ApplyRun {
  /** Values that the kernel refused on a listening socket. */
  errors: readonly PlanProblem[];
  /** Every listening socket was opened or has failed once. */
  listenersDone(warnings: readonly PlanProblem[]): void;
}

export interface ApplyRunsOptions {
  readonly clock: Clock;
  /** Connections that were not read back yet, and those that refused their values. */
  readonly counts: () => { readonly unverified: number; readonly failed: number };
}

/** An acknowledgement waits no longer: the report then says how many connections are not verified. */
const MAX_WAIT_MS = 2000;

/**
 * The calls of `apply` that wait for their report. The sweep serves them all at once: when it is done,
 * every socket holds the newest values, which is all that an older call can still learn.
 */
export class ApplyRuns {
  readonly #options: ApplyRunsOptions;
  readonly #waiting = new Set<Waiting>();

  constructor(options: ApplyRunsOptions) {
    this.#options = options;
  }

  start(version: string): { run: ApplyRun; report: Promise<ApplyReport> } {
    const waiting = new Waiting(version, this.#options, (done) => this.#waiting.delete(done));
    this.#waiting.add(waiting);
    return { run: waiting, report: waiting.report };
  }

  /** Every connection open at the last start was read back, refused its values, or closed. */
  sweepDone(): void {
    for (const waiting of [...this.#waiting]) waiting.sweepDone();
  }
}

class Waiting implements ApplyRun {
  errors: readonly PlanProblem[] = [];
  readonly report: Promise<ApplyReport>;
  readonly #version: string;
  readonly #options: ApplyRunsOptions;
  readonly #startMs: number;
  readonly #timeout: Timer;
  readonly #settled: (run: Waiting) => void;
  #resolve: (report: ApplyReport) => void = () => undefined;
  #warnings: readonly PlanProblem[] | undefined;
  #listenersMs = 0;
  #verifiedMs: number | undefined;

  constructor(version: string, options: ApplyRunsOptions, settled: (run: Waiting) => void) {
    this.#version = version;
    this.#options = options;
    this.#settled = settled;
    this.#startMs = options.clock.monotonicMs();
    this.#timeout = options.clock.after(MAX_WAIT_MS, () => this.#settle());
    this.report = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  listenersDone(warnings: readonly PlanProblem[]): void {
    this.#warnings = warnings;
    this.#listenersMs = this.#elapsedMs();
    if (this.#verifiedMs !== undefined) this.#settle();
  }

  sweepDone(): void {
    this.#verifiedMs ??= this.#elapsedMs();
    if (this.#warnings !== undefined) this.#settle();
  }

  #settle(): void {
    this.#timeout.cancel();
    this.#settled(this);
    this.#resolve({
      version: this.#version,
      errors: this.errors,
      warnings: [...(this.#warnings ?? []), ...this.#connectionWarnings()],
      listenersMs: this.#listenersMs,
      verifiedMs: this.#verifiedMs ?? this.#elapsedMs(),
    });
  }

  #connectionWarnings(): PlanProblem[] {
    const { unverified, failed } = this.#options.counts();
    const problems: PlanProblem[] = [];
    if (this.#verifiedMs === undefined && unverified > 0) {
      problems.push({ key: '', message: `${unverified} connections unverified` });
    }
    if (failed > 0)
      problems.push({ key: '', message: `${failed} connections refused their values` });
    return problems;
  }

  #elapsedMs(): number {
    return this.#options.clock.monotonicMs() - this.#startMs;
  }
}
