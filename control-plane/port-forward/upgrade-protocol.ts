// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../shared/errors/heartline-error.js';

/** How a client speaks of its forwarded connections. */
export type PortForwardProtocol =
  /** SPDY streams on the bare connection. */
  | { readonly kind: 'spdy' }
  /** The same bytes in binary messages (Kubernetes 1.30 and later; kubectl's first choice from 1.31 on). */
  | { readonly kind: 'spdy-in-websocket'; readonly name: string }
  /** A channel for each port of the query; no streams, so one connection per port. */
  | { readonly kind: 'channels'; readonly name: string; readonly ports: readonly number[] };

/** The request's headers that say what the client speaks. */
export interface UpgradeHeaders {
  readonly upgrade?: string | undefined;
  readonly 'x-stream-protocol-version'?: string | readonly string[] | undefined;
  readonly 'sec-websocket-protocol'?: string | undefined;
}

const STREAMS = 'portforward.k8s.io';
const SPDY = 'SPDY/3.1';
const SPDY_IN_WEBSOCKET = 'SPDY/3.1+portforward.k8s.io';
const CHANNELS = 'v4.channel.k8s.io';
/** A pod has three ports to forward. */
const MAX_CHANNEL_PORTS = 8;

/** Throws INVALID_ARGUMENT for a protocol that is not spoken here, with those that are. */
export function agreeOnProtocol(
  headers: UpgradeHeaders,
  query: URLSearchParams,
): PortForwardProtocol {
  const upgrade = headers.upgrade?.toLowerCase();
  if (upgrade === SPDY.toLowerCase()) {
    const offered = listOf(headers['x-stream-protocol-version']);
    if (offered.includes(STREAMS)) return { kind: 'spdy' };
    throw unknown(`X-Stream-Protocol-Version ${offered.join(', ') || '(none)'}`, STREAMS);
  }
  if (upgrade !== 'websocket') {
    throw unknown(`Upgrade ${headers.upgrade ?? '(none)'}`, `${SPDY} or websocket`);
  }
  const offered = listOf(headers['sec-websocket-protocol']);
  if (offered.includes(SPDY_IN_WEBSOCKET)) {
    return { kind: 'spdy-in-websocket', name: SPDY_IN_WEBSOCKET };
  }
  if (offered.includes(CHANNELS))
    return { kind: 'channels', name: CHANNELS, ports: portsOf(query) };
  throw unknown(
    `Sec-WebSocket-Protocol ${offered.join(', ') || '(none)'}`,
    `${SPDY_IN_WEBSOCKET} or ${CHANNELS}`,
  );
}

function portsOf(query: URLSearchParams): readonly number[] {
  const texts = query.getAll('ports').flatMap((text) => text.split(','));
  const ports = texts.filter((text) => /^[1-9]\d{0,4}$/.test(text)).map(Number);
  const isGood = ports.length === texts.length && ports.every((port) => port <= 65_535);
  if (isGood && ports.length > 0 && ports.length <= MAX_CHANNEL_PORTS) return ports;
  throw new HeartlineError(
    'INVALID_ARGUMENT',
    `ports=${texts.join(',')} names no 1 to ${MAX_CHANNEL_PORTS} ports, such as ports=15000`,
  );
}

function listOf(header: string | readonly string[] | undefined): readonly string[] {
  const text = typeof header === 'string' ? header : (header ?? []).join(',');
  return text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}

function unknown(found: string, wanted: string): HeartlineError {
  return new HeartlineError(
    'INVALID_ARGUMENT',
    `port-forward: ${found} is not spoken here; use ${wanted}`,
  );
}
