// SPDX-License-Identifier: Apache-2.0
import type { ErrorCode } from '../../shared/errors/codes.js';
import type { HeartlineError } from '../../shared/errors/heartline-error.js';

/** What an operator can do next, by the kind of failure. */
export const ADVICE: Readonly<Record<ErrorCode, string>> = {
  INVALID_ARGUMENT: 'run the command with -h for its options and examples',
  INVALID_OBJECT:
    'correct the fields named above and apply again; nothing of this object was stored',
  INVALID_WIRE: 'check that both sides run the same release: heartline version',
  TOO_LARGE: 'split the object, or shorten its annotations',
  UNSUPPORTED_MEDIA: 'send JSON or YAML in UTF-8',
  UNAUTHENTICATED: 'use the kubeconfig that the running server wrote; see heartline doctor',
  PERMISSION_DENIED: 'see who may do this: heartline doctor shows files, owners and modes',
  NOT_FOUND: 'see what exists: heartline get KIND -A',
  ALREADY_EXISTS: 'use what is there, or remove it first',
  CONFLICT: 'somebody else changed it meanwhile; look at it and run the command again',
  OWNED_ELSEWHERE: 'change it where it comes from; nothing was stored',
  EXPIRED: 'run the command again',
  ADDRESS_IN_USE: 'stop the other process, or move every port: heartline up --port-offset 1000',
  STORE_FAILED: 'see that the disk of the data directory has room, then run the command again',
  FORMAT_TOO_NEW: 'use the newer release that wrote this data, or another --data-dir',
  UNAVAILABLE: 'see that it runs: heartline doctor; start everything here with: heartline up',
  UNIMPLEMENTED: 'this release cannot do that; see heartline -h',
  TIMEOUT: 'see that the other side is healthy: heartline doctor; then run the command again',
  CONFIG: 'correct the file or flag named above',
  INTERNAL: 'this is a defect; run again with HEARTLINE_DEBUG=1 and report what it prints',
};

/** What is written to standard error for a failed command. `debug` adds stack and causes. */
export function describeFailure(error: HeartlineError, debug: boolean): string {
  const lines = [`error: ${error.message}`];
  for (const { field, message } of error.problems) {
    if (!error.message.includes(message)) lines.push(`  ${field}: ${message}`);
  }
  lines.push(`  ${ADVICE[error.code]}`);
  if (debug) lines.push(...causes(error));
  return lines.join('\n');
}

function causes(error: Error): string[] {
  const stack = error.stack ?? String(error);
  return error.cause instanceof Error ? [stack, ...causes(error.cause)] : [stack];
}
