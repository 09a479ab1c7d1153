// SPDX-License-Identifier: Apache-2.0
import koffi from 'koffi';

/** System calls on descriptors for which Node has no way; all synchronous, none throws. */
export interface DescriptorCalls {
  /** The close that follows sends RST and forgets what was not delivered (SO_LINGER 0, socket(7)). */
  resetOnClose(fd: number): void;
  /**
   * Sends FIN behind what is written (shutdown(2)) and returns a descriptor of the same socket, which keeps the kernel
   * from making it an orphan when `fd` is closed; −1 when there is none.
   */
  finish(fd: number): number;
  /** Another descriptor of the same socket; −1 when there is none. Nothing happens to it while the other is closed. */
  duplicate(fd: number): number;
  /** Closes a descriptor that `finish` or `duplicate` returned. */
  release(fd: number): void;
}

// Linux, the same on x64 and arm64.
const SOL_SOCKET = 1;
const SO_LINGER = 13;
const SHUT_WR = 1;
const F_DUPFD_CLOEXEC = 1030;
/** `struct linger { int l_onoff; int l_linger; }` with 1 and 0. */
const RESET = new Int32Array([1, 0]);

export function openDescriptorCalls(): DescriptorCalls {
  const libc = koffi.load(null);
  const setOption = libc.func('int setsockopt(int, int, int, const int *, unsigned int)');
  const shutdown = libc.func('int shutdown(int, int)');
  const control = libc.func('int fcntl(int, int, int)');
  const close = libc.func('int close(int)');
  const duplicate = (fd: number): number => (fd < 0 ? -1 : control(fd, F_DUPFD_CLOEXEC, 0));
  return {
    duplicate,
    resetOnClose(fd) {
      if (fd >= 0) setOption(fd, SOL_SOCKET, SO_LINGER, RESET, RESET.byteLength);
    },
    finish(fd) {
      const copy = duplicate(fd);
      if (copy >= 0) shutdown(copy, SHUT_WR);
      return copy;
    },
    release: (fd) => close(fd),
  };
}
