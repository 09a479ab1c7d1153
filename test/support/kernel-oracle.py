#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the kernel holds for the TCP sockets of another process, read without that process's help.

usage: kernel-oracle.py PID

Duplicates each socket of PID (pidfd_getfd(2), Linux 5.6, same user or CAP_SYS_PTRACE) and asks
getsockopt(2). Prints one JSON array, one object per TCP socket, in order of descriptor.
"""

import ctypes
import json
import os
import socket
import struct
import sys

SYS_PIDFD_OPEN = 434  # the same number on every architecture
SYS_PIDFD_GETFD = 438
TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT, TCP_INFO, TCP_USER_TIMEOUT = 4, 5, 6, 11, 18
LISTEN_STATE = 10
# tcpi_sacked; of a listening socket the length of its accept queue.
BACKLOG_OFFSET = 28
# tcpi_unacked, tcpi_rtt (microseconds), tcpi_notsent_bytes.
UNACKED_OFFSET, RTT_OFFSET, NOTSENT_OFFSET, TCP_INFO_BYTES = 24, 68, 144, 148

libc = ctypes.CDLL(None, use_errno=True)


def duplicate(pidfd, fd):
    copy = libc.syscall(SYS_PIDFD_GETFD, pidfd, fd, 0)
    return None if copy < 0 else socket.socket(fileno=copy)


def describe(fd, inode, sock):
    if sock.type != socket.SOCK_STREAM or sock.family not in (socket.AF_INET, socket.AF_INET6):
        return None
    option = lambda name: sock.getsockopt(socket.IPPROTO_TCP, name)
    info = sock.getsockopt(socket.IPPROTO_TCP, TCP_INFO, TCP_INFO_BYTES)
    state = info[0]
    word = lambda offset: struct.unpack_from("I", info, offset)[0]
    try:
        remote = sock.getpeername()[:2]
    except OSError:
        remote = ("", 0)
    local = sock.getsockname()[:2]
    return {
        "fd": fd,
        "inode": inode,
        "family": 4 if sock.family == socket.AF_INET else 6,
        "state": state,
        "listening": state == LISTEN_STATE,
        "backlog": word(BACKLOG_OFFSET) if state == LISTEN_STATE else 0,
        "unackedSegments": 0 if state == LISTEN_STATE else word(UNACKED_OFFSET),
        "roundTripMs": word(RTT_OFFSET) / 1000,
        "notSentBytes": word(NOTSENT_OFFSET),
        "localAddress": local[0],
        "localPort": local[1],
        "remoteAddress": remote[0],
        "remotePort": remote[1],
        "enabled": sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1,
        "idleSeconds": option(TCP_KEEPIDLE),
        "intervalSeconds": option(TCP_KEEPINTVL),
        "probes": option(TCP_KEEPCNT),
        "userTimeoutMs": option(TCP_USER_TIMEOUT),
        "noDelay": option(socket.TCP_NODELAY) == 1,
    }


def main():
    pid = int(sys.argv[1])
    pidfd = libc.syscall(SYS_PIDFD_OPEN, pid, 0)
    if pidfd < 0:
        sys.exit(f"pidfd_open({pid}): {os.strerror(ctypes.get_errno())}")
    found = []
    for name in sorted(os.listdir(f"/proc/{pid}/fd"), key=int):
        try:
            target = os.readlink(f"/proc/{pid}/fd/{name}")
        except FileNotFoundError:
            continue  # closed while we looked
        if not target.startswith("socket:["):
            continue
        sock = duplicate(pidfd, int(name))
        if sock is None:
            continue
        with sock:
            described = describe(int(name), int(target[8:-1]), sock)
        if described is not None:
            found.append(described)
    json.dump(found, sys.stdout)


main()
