#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A wire between two network namespaces whose packets take their time.

usage: delayed-wire.py NAMESPACE NAMESPACE DEVICE DELAY_MS

Makes a TUN device in each namespace (tun(4)) and hands every packet of one to the other DELAY_MS
later. It does what netem does, which many kernels are built without. Prints one line when both
devices are there; ends with its standard input, and the devices with it.
"""

import collections
import ctypes
import fcntl
import os
import select
import struct
import sys
import time

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
MAX_PACKET_BYTES = 65536

libc = ctypes.CDLL(None, use_errno=True)


def open_device(namespace, device):
    with open(f"/var/run/netns/{namespace}") as entry:
        if libc.setns(entry.fileno(), CLONE_NEWNET) != 0:
            sys.exit(f"setns({namespace}): {os.strerror(ctypes.get_errno())}")
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", device.encode(), IFF_TUN | IFF_NO_PI))
    return tun


def carry(near, far, delay):
    """Every packet waits as long as every other, so the first to arrive is the first to leave."""
    other = {near: far, far: near}
    waiting = collections.deque()
    while True:
        timeout = max(0, waiting[0][0] - time.monotonic()) if waiting else None
        readable, _, _ = select.select([near, far, sys.stdin], [], [], timeout)
        if sys.stdin in readable:
            return
        for source in readable:
            waiting.append((time.monotonic() + delay, other[source], os.read(source, MAX_PACKET_BYTES)))
        while waiting and waiting[0][0] <= time.monotonic():
            _, target, packet = waiting.popleft()
            try:
                os.write(target, packet)
            except OSError:
                pass  # the device is down: a wire that is cut loses what was on it


def main():
    near, far, device, delay_ms = sys.argv[1:5]
    devices = [open_device(namespace, device) for namespace in (near, far)]
    print("ready", flush=True)
    carry(*devices, int(delay_ms) / 1000)


main()
