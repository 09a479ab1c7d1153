// SPDX-License-Identifier: Apache-2.0

/**
 * The host of a peer as gRPC writes it, `10.0.0.7:41234` or `::1:41234`; an IPv4 address that arrived
 * over an IPv6 socket is written as IPv4, so that one host has one name.
 */
export function hostOfPeer(peer: string): string {
  const host = peer.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  return host.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
}
