#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Changes sockets of another process from outside, as a debugger or a hostile neighbour could.

usage: socket-tool.py PID COMMAND FD...

  mute      drops every packet that arrives for the socket, as a cut cable does: nothing is acknowledged,
            nothing answered, no reset sent (SO_ATTACH_FILTER, socket(7))
  lossy     drops one packet of ten at random
  unmute    takes the filter away again
  tamper    sets TCP_KEEPIDLE 77, TCP_KEEPINTVL 7, TCP_KEEPCNT 8

Duplicates each socket (pidfd_getfd(2), same user or CAP_SYS_PTRACE).
"""

import ctypes
import os
import socket
import struct
import sys

SYS_PIDFD_OPEN, SYS_PIDFD_GETFD = 434, 438
SO_ATTACH_FILTER, SO_DETACH_FILTER = 26, 27
TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT = 4, 5, 6
# Classic BPF: load a word, jump, return the number of bytes to keep.
LD_ABS, JGE, RET = 0x20, 0x35, 0x06
# SKF_AD_OFF + SKF_AD_RANDOM: a random word.
RANDOM = (0x100000000 - 0x1000) + 56
DROP_ALL = [(RET, 0, 0, 0)]
DROP_TENTH = [(LD_ABS, 0, 0, RANDOM), (JGE, 1, 0, 2**32 // 10), (RET, 0, 0, 0), (RET, 0, 0, 0xFFFFFFFF)]

libc = ctypes.CDLL(None, use_errno=True)


def attach(sock, program):
    code = b"".join(struct.pack("HBBI", *instruction) for instruction in program)
    buffer = ctypes.create_string_buffer(code)
    sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HxxxxxxQ", len(program), ctypes.addressof(buffer)))


def tamper(sock):
    for option, value in ((TCP_KEEPIDLE, 77), (TCP_KEEPINTVL, 7), (TCP_KEEPCNT, 8)):
        sock.setsockopt(socket.IPPROTO_TCP, option, value)


COMMANDS = {
    "mute": lambda sock: attach(sock, DROP_ALL),
    "lossy": lambda sock: attach(sock, DROP_TENTH),
    "unmute": lambda sock: sock.setsockopt(socket.SOL_SOCKET, SO_DETACH_FILTER, 0),
    "tamper": tamper,
}


def main():
    pid, command, fds = int(sys.argv[1]), COMMANDS[sys.argv[2]], map(int, sys.argv[3:])
    pidfd = libc.syscall(SYS_PIDFD_OPEN, pid, 0)
    if pidfd < 0:
        sys.exit(f"pidfd_open({pid}): {os.strerror(ctypes.get_errno())}")
    for fd in fds:
        copy = libc.syscall(SYS_PIDFD_GETFD, pidfd, fd, 0)
        if copy < 0:
            sys.exit(f"pidfd_getfd({fd}): {os.strerror(ctypes.get_errno())}")
        with socket.socket(fileno=copy) as sock:
            command(sock)


main()
