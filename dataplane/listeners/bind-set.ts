// SPDX-License-Identifier: Apache-2.0
import { compareText } from '../../shared/names/sort.js';
import type { BindPlan, Plan } from '../engine/plan.js';
import type { ListenerState, PlanProblem } from '../engine/report.js';
import { Bind, type BindContext, sameSocket } from './bind.js';

export interface BindSetOptions extends BindContext {
  /** A bind accepts nothing any more and its connections are to end. */
  readonly onRetired: (bind: Bind) => void;
}

export interface BindChange {
  /** Values that the kernel refused on a listening socket; known at once. */
  readonly errors: readonly PlanProblem[];
  /** Settles when each new listening socket is open or has failed once. */
  readonly opened: Promise<readonly PlanProblem[]>;
}

/** The binds of the current plan, by key. */
export class BindSet {
  readonly #options: BindSetOptions;
  readonly #binds = new Map<string, Bind>();
  /** Removed binds whose accept queue is not empty yet; their ports are still taken. */
  readonly #leaving = new Set<Promise<void>>();
  #ended = false;

  constructor(options: BindSetOptions) {
    this.#options = options;
  }

  /** Goes over to a plan: what goes away first, so that its ports are free for what comes. */
  change(plan: Plan): BindChange {
    const planned = new Map(plan.binds.map((bind) => [bind.key, bind]));
    for (const bind of this.#binds.values()) {
      const next = planned.get(bind.key);
      if (next === undefined || !sameSocket(bind.plan, next)) this.#remove(bind);
    }
    const errors: PlanProblem[] = [];
    for (const next of plan.binds) {
      const message = this.#put(next, plan.version);
      if (message !== undefined) errors.push({ key: next.key, message });
    }
    return { errors, opened: this.#settle() };
  }

  /** Reads every listening socket again and repairs what another process changed; returns how many that were. */
  audit(): number {
    let drifted = 0;
    for (const bind of this.#binds.values()) drifted += bind.audit();
    return drifted;
  }

  /** Stops accepting everywhere, or goes on; clients wait meanwhile. */
  pause(isPaused: boolean): void {
    for (const bind of this.#binds.values()) bind.pause(isPaused);
  }

  /** For good; settles when nothing is accepted any more. */
  async closeAll(reason: string): Promise<void> {
    this.#ended = true;
    const closing = [...this.#binds.values()].map((bind) => bind.close(reason));
    await Promise.all([...closing, ...this.#leaving]);
  }

  describe(): ListenerState[] {
    return [...this.#binds.values()]
      .map((bind) => bind.describe())
      .sort((a, b) => compareText(a.bindKey, b.bindKey));
  }

  get inForce(): boolean {
    for (const bind of this.#binds.values()) if (!bind.inForce) return false;
    return true;
  }

  #put(next: BindPlan, version: string): string | undefined {
    const existing = this.#binds.get(next.key);
    if (existing === undefined) {
      this.#binds.set(next.key, new Bind(next, version, this.#options));
      return undefined;
    }
    const newlyRefused = next.refusal !== undefined && existing.plan.refusal === undefined;
    const message = existing.change(next, version);
    if (newlyRefused) this.#leave(existing, `refused: ${next.refusal?.reason ?? ''}`);
    return message;
  }

  #remove(bind: Bind): void {
    this.#binds.delete(bind.key);
    this.#leave(bind, 'removed');
  }

  /** Its connections are told to end when the last one was accepted. */
  #leave(bind: Bind, reason: string): void {
    const left = bind.close(reason).then(() => {
      this.#leaving.delete(left);
      this.#options.onRetired(bind);
    });
    this.#leaving.add(left);
  }

  async #settle(): Promise<readonly PlanProblem[]> {
    // A port must be free before it is opened again.
    await Promise.all(this.#leaving);
    // Whatever came meanwhile has the last word: a later plan, or the end.
    const binds = this.#ended ? [] : [...this.#binds.values()];
    const reasons = await Promise.all(binds.map((bind) => bind.settle()));
    return binds.flatMap(({ key }, index) => {
      const message = reasons[index];
      return message === undefined ? [] : [{ key, message, class: 'environment' }];
    });
  }
}
