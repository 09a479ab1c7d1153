// SPDX-License-Identifier: Apache-2.0
import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger } from 'pino';

export interface LoggerOptions {
  /** Process the lines come from: `control-plane`, `dataplane`, `up`. */
  readonly name: string;
  /** pino level; default `info`. */
  readonly level?: string;
  /** Default: standard error, so that standard output stays for answers. */
  readonly destination?: DestinationStream;
}

/** JSON lines: a fixed sentence in `msg` plus fields; times in ISO 8601, levels as words. */
export function createLogger(options: LoggerOptions): Logger {
  return pino(
    {
      level: options.level ?? 'info',
      base: { name: options.name },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    options.destination ?? pino.destination({ fd: 2, sync: true }),
  );
}
