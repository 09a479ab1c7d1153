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

  closeAll(reason: string): void {
    for (const bind of this.#binds.values()) bind.close(reason);
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
    if (newlyRefused) this.#options.onRetired(existing);
    return message;
  }

  #remove(bind: Bind): void {
    bind.close('removed');
    this.#binds.delete(bind.key);
    this.#options.onRetired(bind);
  }

  async #settle(): Promise<readonly PlanProblem[]> {
    const binds = [...this.#binds.values()];
    const reasons = await Promise.all(binds.map((bind) => bind.settle()));
    return binds.flatMap(({ key }, index) => {
      const message = reasons[index];
      return message === undefined ? [] : [{ key, message, class: 'environment' }];
    });
  }
}
