// SPDX-License-Identifier: Apache-2.0
import type { Readable } from 'node:stream';

/**
 * Calls `onGone` once when the process that holds the other end of `pipe` has closed it or died, kill -9
 * included: the kernel closes a dead process's descriptors. The pipe keeps the process alive only as
 * long as its other end is open.
 */
export function onParentGone(pipe: Readable, onGone: () => void): void {
  let gone = false;
  const leave = (): void => {
    if (gone) return;
    gone = true;
    onGone();
  };
  pipe.once('end', leave);
  pipe.once('close', leave);
  // A reset pipe is as closed as an ended one.
  pipe.once('error', leave);
  pipe.resume();
}
