// SPDX-License-Identifier: Apache-2.0

/**
 * Fields about one connection, not about the message (RFC 9110 §7.6.1), in lower case. `expect` is answered by the proxy;
 * `http2-settings` belongs to the h2c upgrade, which is not offered (RFC 9113 §3.1).
 */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'transfer-encoding',
  'upgrade',
  'expect',
  'http2-settings',
]);

export function isHopByHop(lowerCaseName: string): boolean {
  return HOP_BY_HOP.has(lowerCaseName);
}

/** What no filter may touch: the connection's fields, the body's framing, and the host, which a rewrite changes. */
export function isUnchangeable(lowerCaseName: string): boolean {
  return (
    HOP_BY_HOP.has(lowerCaseName) ||
    lowerCaseName === 'host' ||
    lowerCaseName === 'content-length' ||
    lowerCaseName === 'trailer' ||
    lowerCaseName.startsWith(':')
  );
}
