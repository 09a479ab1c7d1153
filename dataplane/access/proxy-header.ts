// SPDX-License-Identifier: Apache-2.0
import type { ProxyProtocolPlan } from '../engine/plan.js';
import { formatIp, ipOfBytes, parseIp } from './ip-text.js';

/** An address and port of the connection that the balancer took. */
export interface ProxiedAddress {
  /** IP address in its shortest text; IPv4 without `::ffff:`. */
  readonly address: string;
  readonly port: number;
}

/** The two ends of it. */
export interface ProxiedEnds {
  readonly source: ProxiedAddress;
  readonly destination: ProxiedAddress;
}

/** What the first bytes of a connection are (https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt). */
export type ProxyHeaderReading =
  /** They may be the beginning of a header. */
  | { readonly kind: 'more' }
  /** They are no header and cannot become one. */
  | { readonly kind: 'none' }
  /** They begin like a header and are none, or are one of a version that is not asked for. */
  | { readonly kind: 'broken'; readonly reason: string }
  | {
      readonly kind: 'header';
      /** Bytes of the header; what follows is traffic. */
      readonly length: number;
      readonly version: 1 | 2;
      /** Undefined: the header names none (health checks, unix sockets), and the connection's own addresses count. */
      readonly ends: ProxiedEnds | undefined;
    };

const V1_PREFIX = Buffer.from('PROXY ', 'latin1');
/** §2.1: the longest line with its line end. */
const V1_MAX_BYTES = 107;
const V2_SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
/** Signature, version and command, family and transport, length. */
const V2_FIXED_BYTES = 16;
/**
 * §2.2 lets a receiver bound what follows the fixed part, at 216 bytes or more. nginx takes 4096 in all, the reference proxy 512;
 * balancers that pass a client's certificate on need a few thousand.
 */
const V2_MAX_REST_BYTES = 4096;

const MORE: ProxyHeaderReading = Object.freeze({ kind: 'more' });
const NONE: ProxyHeaderReading = Object.freeze({ kind: 'none' });

/** Reads the header at the beginning of `bytes`, which are everything that was received so far. Never looks past its end. */
export function readProxyHeader(
  bytes: Buffer,
  versions: ProxyProtocolPlan['versions'],
): ProxyHeaderReading {
  if (startsAs(bytes, V1_PREFIX)) {
    if (bytes.length < V1_PREFIX.length) return MORE;
    return versions === 'v2' ? broken('version 1 is not taken here') : readV1(bytes);
  }
  if (startsAs(bytes, V2_SIGNATURE)) {
    if (bytes.length < V2_SIGNATURE.length) return MORE;
    return versions === 'v1' ? broken('version 2 is not taken here') : readV2(bytes);
  }
  return NONE;
}

/** Whether the bytes, as far as they go, are those of `prefix`. */
function startsAs(bytes: Buffer, prefix: Buffer): boolean {
  const length = Math.min(bytes.length, prefix.length);
  return bytes.compare(prefix, 0, length, 0, length) === 0;
}

function broken(reason: string): ProxyHeaderReading {
  return { kind: 'broken', reason };
}

function readV1(bytes: Buffer): ProxyHeaderReading {
  const end = bytes.subarray(0, V1_MAX_BYTES).indexOf('\n');
  if (end === -1) {
    if (bytes.length < V1_MAX_BYTES) return MORE;
    return broken(`the line is longer than ${V1_MAX_BYTES} bytes`);
  }
  if (bytes[end - 1] !== 0x0d) return broken('the line does not end with CR LF');
  const [, family, ...fields] = bytes.toString('latin1', 0, end - 1).split(' ');
  const length = end + 1;
  // §2.1: what follows UNKNOWN is to be ignored.
  if (family === 'UNKNOWN') return header(1, length, undefined);
  if (family !== 'TCP4' && family !== 'TCP6')
    return broken('the family is none of TCP4, TCP6, UNKNOWN');
  const [from = '', to = '', fromPort = '', toPort = '', ...more] = fields;
  const source = readV1Address(family, from, fromPort);
  const destination = readV1Address(family, to, toPort);
  if (source === undefined || destination === undefined || more.length > 0) {
    return broken(`the addresses are not those of ${family}`);
  }
  return header(1, length, { source, destination });
}

function readV1Address(
  family: 'TCP4' | 'TCP6',
  text: string,
  portText: string,
): ProxiedAddress | undefined {
  const ip = text.includes(':') === (family === 'TCP6') ? parseIp(text) : undefined;
  const port = /^(?:0|[1-9]\d{0,4})$/.test(portText) ? Number(portText) : -1;
  if (ip === undefined || text.includes('%') || port < 0 || port > 65_535) return undefined;
  return { address: formatIp(ip), port };
}

const LOCAL = 0;
const PROXY = 1;
const INET = 1;
const INET6 = 2;
const UNIX = 3;
const STREAM = 1;
const DGRAM = 2;
/** Bytes of both addresses and ports by family; UNSPEC has none. */
const ADDRESS_BYTES = [0, 12, 36, 216];

function readV2(bytes: Buffer): ProxyHeaderReading {
  const versionAndCommand = bytes[12];
  if (versionAndCommand === undefined) return MORE;
  const command = versionAndCommand & 0x0f;
  if (versionAndCommand >> 4 !== 2) return broken(`version ${versionAndCommand >> 4} is unknown`);
  if (command > PROXY) return broken(`command ${command} is unknown`);
  if (bytes.length < V2_FIXED_BYTES) return MORE;
  const family = (bytes[13] ?? 0) >> 4;
  const transport = (bytes[13] ?? 0) & 0x0f;
  const rest = bytes.readUInt16BE(14);
  if (rest > V2_MAX_REST_BYTES) return broken(`it is longer than ${V2_MAX_REST_BYTES} bytes`);
  const length = V2_FIXED_BYTES + rest;
  // A check by the balancer itself: its family and everything after it is to be ignored.
  if (command !== LOCAL) {
    if (family > UNIX || transport > DGRAM) return broken('the family or transport is unknown');
    if (rest < (ADDRESS_BYTES[family] ?? 0)) return broken('it is too short for its addresses');
  }
  if (bytes.length < length) return MORE;
  if (command === LOCAL) return header(2, length, undefined);
  if (!hasWholeTlvs(bytes, V2_FIXED_BYTES + (ADDRESS_BYTES[family] ?? 0), length)) {
    return broken('an extension does not fit into it');
  }
  const named = transport === STREAM && (family === INET || family === INET6);
  if (!named) return header(2, length, undefined);
  return readV2Addresses(bytes, family === INET ? 4 : 16, length);
}

function readV2Addresses(bytes: Buffer, size: 4 | 16, length: number): ProxyHeaderReading {
  const at = V2_FIXED_BYTES;
  const port = at + 2 * size;
  const source = { address: textOf(bytes, at, size), port: bytes.readUInt16BE(port) };
  const destination = {
    address: textOf(bytes, at + size, size),
    port: bytes.readUInt16BE(port + 2),
  };
  return header(2, length, { source, destination });
}

function textOf(bytes: Buffer, at: number, size: 4 | 16): string {
  const address = bytes.subarray(at, at + size);
  return size === 4 ? address.join('.') : formatIp(ipOfBytes(address));
}

/** §2.2.7: type, length of two bytes, value; none of them is of interest here. */
function hasWholeTlvs(bytes: Buffer, from: number, end: number): boolean {
  let at = from;
  while (at < end) {
    if (at + 3 > end) return false;
    at += 3 + bytes.readUInt16BE(at + 1);
  }
  return at === end;
}

function header(version: 1 | 2, length: number, ends: ProxiedEnds | undefined): ProxyHeaderReading {
  return { kind: 'header', version, length, ends };
}
