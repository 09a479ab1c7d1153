// SPDX-License-Identifier: Apache-2.0
import koffi from 'koffi';
import type { TcpKeepalive } from '../engine/plan.js';
import { decodeTcpInfo, emptyTcpInfo, TCP_INFO_WORDS, type TcpInfo } from './tcp-info.js';

/** What the kernel holds for one socket right now. */
export interface KeepaliveReading extends TcpKeepalive {
  /** TCP_USER_TIMEOUT, milliseconds; always 0 on a socket of ours. */
  readonly userTimeoutMs: number;
}

/** Result of `verify` when every option could be read and at least one differs. */
export const DIFFERS = -1;

/**
 * The only door to setsockopt and getsockopt. Node has no call that sets these options without
 * clobbering others (its keepAlive options write interval 1 and count 10 on Node 20 and 22).
 * Every call is synchronous: an fd number may belong to another socket by the next turn of the loop.
 */
export interface SocketOptions {
  /** Writes the full state, "off" included; 0, or the errno of the first refusal. */
  write(fd: number, values: TcpKeepalive): number;
  /** `write` without TCP_KEEPIDLE, which arms the timer: all that a socket may get before its turn to probe. */
  writeAllButIdle(fd: number, values: TcpKeepalive): number;
  /** The values in the kernel, or the errno. */
  read(fd: number): KeepaliveReading | number;
  /** 0 when the kernel holds exactly `values`, `DIFFERS`, or the errno; allocates nothing. */
  verify(fd: number, values: TcpKeepalive): number;
  /** Milliseconds since the kernel received the last byte from the peer; −1 when it cannot say. */
  sinceLastByteMs(fd: number): number;
  /** Fills `into` with what the kernel says of the socket; false when it cannot say. Allocates nothing. */
  readTcpInfo(fd: number, into: TcpInfo): boolean;
}

// Linux, the same on x64 and arm64: asm-generic/socket.h and netinet/tcp.h.
const SOL_SOCKET = 1;
const SO_KEEPALIVE = 9;
const IPPROTO_TCP = 6;
const TCP_KEEPIDLE = 4;
const TCP_KEEPINTVL = 5;
const TCP_KEEPCNT = 6;
const TCP_INFO = 11;
const TCP_USER_TIMEOUT = 18;
const INT_BYTES = 4;
const TCP_INFO_BYTES = TCP_INFO_WORDS * INT_BYTES;

type SetSocketOption = (
  fd: number,
  level: number,
  option: number,
  value: number,
  bytes: number,
) => number;
type GetSocketOption = (
  fd: number,
  level: number,
  option: number,
  value: number,
  bytes: number,
) => number;

/**
 * Pointers are passed as plain numbers to memory allocated once: the fastest of seven koffi
 * signatures measured (140 ns a call above the system call; `int *` with an Int32Array takes 230).
 */
export function openSocketOptions(): SocketOptions {
  const libc = koffi.load(null);
  const set: SetSocketOption = libc.func('int setsockopt(int, int, int, uintptr_t, unsigned int)');
  const get: GetSocketOption = libc.func('int getsockopt(int, int, int, uintptr_t, uintptr_t)');
  // allocUnsafeSlow: memory of its own outside the V8 heap, which the collector never moves.
  const memory = Buffer.allocUnsafeSlow(TCP_INFO_BYTES + INT_BYTES);
  const words = new Int32Array(memory.buffer, memory.byteOffset, memory.length / INT_BYTES);
  const value = Number(koffi.address(memory));
  const length = value + TCP_INFO_BYTES;
  const unsigned = new Uint32Array(words.buffer, words.byteOffset, TCP_INFO_WORDS);
  const info = emptyTcpInfo();

  const write = (fd: number, level: number, option: number, int: number): boolean => {
    words[0] = int;
    return set(fd, level, option, value, INT_BYTES) === 0;
  };
  /** The option's value; −1 when the call failed (no option here is ever negative). */
  const read = (fd: number, level: number, option: number): number => {
    words[TCP_INFO_WORDS] = INT_BYTES;
    return get(fd, level, option, value, length) === 0 ? (words[0] ?? -1) : -1;
  };

  const readTcpInfo = (fd: number, into: TcpInfo): boolean => {
    words[TCP_INFO_WORDS] = TCP_INFO_BYTES;
    if (get(fd, IPPROTO_TCP, TCP_INFO, value, length) !== 0) return false;
    decodeTcpInfo(unsigned, into);
    return true;
  };

  const writeAllButIdle = (fd: number, values: TcpKeepalive): boolean =>
    write(fd, IPPROTO_TCP, TCP_KEEPINTVL, values.intervalSeconds) &&
    write(fd, IPPROTO_TCP, TCP_KEEPCNT, values.probes) &&
    write(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 0) &&
    write(fd, SOL_SOCKET, SO_KEEPALIVE, values.enabled ? 1 : 0);

  return {
    write(fd, values) {
      const written =
        writeAllButIdle(fd, values) &&
        // Last, always: of these only TCP_KEEPIDLE re-arms a timer that is already running.
        write(fd, IPPROTO_TCP, TCP_KEEPIDLE, values.idleSeconds);
      return written ? 0 : koffi.errno();
    },
    writeAllButIdle: (fd, values) => (writeAllButIdle(fd, values) ? 0 : koffi.errno()),
    read(fd) {
      const intervalSeconds = read(fd, IPPROTO_TCP, TCP_KEEPINTVL);
      if (intervalSeconds === -1) return koffi.errno();
      return {
        enabled: read(fd, SOL_SOCKET, SO_KEEPALIVE) === 1,
        idleSeconds: read(fd, IPPROTO_TCP, TCP_KEEPIDLE),
        intervalSeconds,
        probes: read(fd, IPPROTO_TCP, TCP_KEEPCNT),
        userTimeoutMs: read(fd, IPPROTO_TCP, TCP_USER_TIMEOUT),
      };
    },
    verify(fd, values) {
      const interval = read(fd, IPPROTO_TCP, TCP_KEEPINTVL);
      if (interval === -1) return koffi.errno();
      const same =
        interval === values.intervalSeconds &&
        read(fd, IPPROTO_TCP, TCP_KEEPCNT) === values.probes &&
        read(fd, IPPROTO_TCP, TCP_USER_TIMEOUT) === 0 &&
        read(fd, SOL_SOCKET, SO_KEEPALIVE) === (values.enabled ? 1 : 0) &&
        read(fd, IPPROTO_TCP, TCP_KEEPIDLE) === values.idleSeconds;
      return same ? 0 : DIFFERS;
    },
    readTcpInfo,
    sinceLastByteMs: (fd) => (readTcpInfo(fd, info) ? info.sinceLastByteMs : -1),
  };
}
