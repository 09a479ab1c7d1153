#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
import { constants } from 'node:os';
import { CommanderError } from 'commander';
import { HeartlineError, toHeartlineError } from '../shared/errors/heartline-error.js';
import { packageVersion } from '../shared/process/package-version.js';
import { onParentGone } from '../shared/process/parent-pipe.js';
import { onStopSignal } from '../shared/process/stop-signals.js';
import { createLogger, type Logger } from '../shared/telemetry/logger.js';
import { systemClock } from '../shared/time/system-clock.js';
import { startWorker, type Worker } from './app.js';
import { createDrainDisplay, type DrainDisplay } from './drain-progress.js';
import { parseFlags, type WorkerFlags } from './flags.js';

/** sysexits.h EX_USAGE. */
const EXIT_USAGE = 64;
/** As shells say it: a second signal cut the drain short. */
const EXIT_BY_SIGNAL = 128;

await main();

async function main(): Promise<void> {
  if (process.platform !== 'linux') {
    fail(new HeartlineError('UNAVAILABLE', 'the dataplane runs on Linux only'));
  }
  const build = packageVersion();
  const flags = readFlags(build);
  const logger = createLogger({ name: 'dataplane', level: flags.logLevel });
  exitOnSurprise(logger);
  const lifecycle = createLifecycle(flags, logger);
  try {
    const worker = await startWorker({
      flags,
      build,
      clock: systemClock(),
      random: Math.random,
      logger,
      onQuit: lifecycle.end,
    });
    lifecycle.started(worker);
    logger.info({ gateway: flags.gateway, pod: flags.pod, build }, 'worker started');
  } catch (thrown) {
    fail(toHeartlineError(thrown));
  }
}

interface Lifecycle {
  readonly end: () => void;
  started(worker: Worker): void;
}

/** The first request to end drains, a second one does not wait; a dead parent leaves nobody to wait for. */
function createLifecycle(flags: WorkerFlags, logger: Logger): Lifecycle {
  let worker: Worker | undefined;
  let ending = false;
  const end = (graceMs: number, impatient: number): void => {
    if (worker === undefined) process.exit(0);
    if (ending) process.exit(impatient);
    ending = true;
    logger.info({ graceMs }, 'worker ends');
    worker.stop(graceMs, drainDisplay(logger)).then(
      () => process.exit(0),
      (thrown: unknown) => fail(toHeartlineError(thrown)),
    );
  };
  const graceMs = flags.drainSeconds * 1000;
  onStopSignal((signal) => end(graceMs, EXIT_BY_SIGNAL + constants.signals[signal]));
  if (flags.parentPipe) onParentGone(process.stdin, () => end(0, 0));
  return {
    end: () => end(graceMs, 0),
    started(running) {
      worker = running;
    },
  };
}

function drainDisplay(logger: Logger): DrainDisplay {
  const draw = process.stderr.isTTY ? (text: string) => void process.stderr.write(text) : undefined;
  return createDrainDisplay({ clock: systemClock(), logger, draw });
}

function readFlags(build: string): WorkerFlags {
  try {
    return parseFlags(process.argv.slice(2), process.env, build);
  } catch (thrown) {
    // Commander has written its own sentence already.
    if (thrown instanceof CommanderError) {
      process.exit(thrown.exitCode === 0 ? 0 : EXIT_USAGE);
    }
    return fail(toHeartlineError(thrown));
  }
}

/** A bug must not leave a worker that half works: it says so and ends, and its supervisor starts another. */
function exitOnSurprise(logger: Logger): void {
  process.on('uncaughtException', (thrown) => {
    logger.fatal({ err: thrown }, 'unexpected error, the worker ends');
    process.exit(toHeartlineError(thrown).meaning.exit);
  });
}

function fail(error: HeartlineError): never {
  process.stderr.write(`heartline dataplane: ${error.message}\n`);
  process.exit(error.meaning.exit);
}
