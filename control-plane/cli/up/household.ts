// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { HeartlineError } from '../../../shared/errors/heartline-error.js';
import type { Clock } from '../../../shared/time/clock.js';
import { callHttp } from '../client/http-request.js';
import { Child, type ChildSpec } from './child.js';
import { type ChildLog, openChildLog } from './child-log.js';

export interface HouseholdOptions {
  /** Directory of the children's log files. */
  readonly logs: string;
  readonly clock: Clock;
  /** One line for the operator. */
  readonly tell: (line: string) => void;
}

/** The children of one `up`, started one after the other and stopped the other way round. */
export interface Household {
  /** Settles when the child is ready; throws with its last words when it ends or hangs before. */
  start(spec: ChildSpec): Promise<void>;
  /** Ends every child, the last started first, and settles when all are gone. */
  stop(): Promise<void>;
  /** Ends every child at once; `stop` then settles. */
  kill(): void;
}

/** A child that is not ready by then has failed, milliseconds; on an idle machine each takes about a second. */
const READY_DEADLINE_MS = 60_000;
/** How long a child may take to end, milliseconds: the worker lets running requests finish for 10 s. */
const STOP_GRACE_MS = 15_000;
const PROBE_TIMEOUT_MS = 2_000;

export function createHousehold(options: HouseholdOptions): Household {
  const members: { readonly child: Child; readonly log: ChildLog }[] = [];
  let isStopping = false;
  return {
    async start(spec) {
      if (isStopping) throw new HeartlineError('UNAVAILABLE', 'stopping; nothing more is started');
      const log = openChildLog(join(options.logs, `${spec.name.replaceAll(' ', '-')}.log`));
      const child = new Child(spec, { ...options, log, probe });
      members.push({ child, log });
      await untilReady(child, log, options.clock);
    },
    async stop() {
      isStopping = true;
      for (const { child, log } of members.toReversed()) {
        await child.stop(STOP_GRACE_MS);
        await log.close();
      }
    },
    kill() {
      for (const { child } of members) child.kill();
    },
  };
}

async function untilReady(child: Child, log: ChildLog, clock: Clock): Promise<void> {
  const { name } = child.spec;
  let isLate = false;
  const timer = clock.after(READY_DEADLINE_MS, () => {
    isLate = true;
    child.kill();
  });
  const { phase } = await child.until('ready', 'failed', 'stopped');
  timer.cancel();
  if (phase === 'ready') return;
  const lastWords = log.lastWords();
  const why = isLate
    ? `was not ready within ${READY_DEADLINE_MS / 1000} s`
    : 'ended while it started';
  throw new HeartlineError(
    'UNAVAILABLE',
    `the ${name} ${why}${lastWords === '' ? '' : `: ${lastWords}`}; its log is ${log.path}`,
  );
}

async function probe(url: string): Promise<boolean> {
  try {
    const answer = await callHttp({ url, peer: 'the child', timeoutMs: PROBE_TIMEOUT_MS });
    return answer.status === 200;
  } catch {
    // Not listening yet: the next probe tells.
    return false;
  }
}
