// SPDX-License-Identifier: Apache-2.0
import { toHeartlineError } from '../errors/heartline-error.js';

/** What has to be stopped, the last started first. */
export class StopList {
  readonly #stops: (() => void | Promise<void>)[] = [];

  add(stop: () => void | Promise<void>): void {
    this.#stops.push(stop);
  }

  /** Stops everything once; a part that fails to stop does not keep the others from it. */
  async stopAll(): Promise<void> {
    const failures: unknown[] = [];
    for (const stop of this.#stops.splice(0).reverse()) {
      try {
        await stop();
      } catch (thrown) {
        failures.push(thrown);
      }
    }
    if (failures.length > 0) throw toHeartlineError(failures[0]);
  }
}
