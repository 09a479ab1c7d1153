// SPDX-License-Identifier: Apache-2.0
import { isIPv6, SocketAddress } from 'node:net';

export interface ProxyEnd {
  readonly address: string;
  readonly port: number;
}

/** A line of PROXY protocol version 1, by the specification's own words. */
export function v1(source: ProxyEnd, destination: ProxyEnd): Buffer {
  const family = isIPv6(source.address) ? 'TCP6' : 'TCP4';
  return Buffer.from(
    `PROXY ${family} ${source.address} ${destination.address} ${source.port} ${destination.port}\r\n`,
    'latin1',
  );
}

export interface V2Shape {
  readonly source?: ProxyEnd;
  readonly destination?: ProxyEnd;
  readonly version?: number;
  /** 0 LOCAL, 1 PROXY. */
  readonly command?: number;
  /** Family and transport; absent: from the addresses, over a stream. */
  readonly family?: number;
  readonly addresses?: Buffer;
  /** Type and length of each extension; its value is zeros. */
  readonly tlvs?: readonly (readonly [number, number])[];
  /** Bytes left out at the end, from the length too. */
  readonly cut?: number;
}

/** A header of PROXY protocol version 2, right or wrong. */
export function v2(shape: V2Shape): Buffer {
  const { source, destination, version = 2, command = 1, tlvs = [], cut = 0 } = shape;
  const six = isIPv6(source?.address ?? '');
  const addresses =
    shape.addresses ??
    (source && destination
      ? Buffer.concat([
          bytesOf(source.address),
          bytesOf(destination.address),
          uint16(source.port),
          uint16(destination.port),
        ])
      : Buffer.alloc(0));
  const extensions = tlvs.map(([type, length]) =>
    Buffer.concat([Buffer.from([type]), uint16(length), Buffer.alloc(length)]),
  );
  const whole = Buffer.concat([addresses, ...extensions]);
  const rest = whole.subarray(0, whole.length - cut);
  const family = shape.family ?? (source === undefined ? 0 : six ? 0x21 : 0x11);
  return Buffer.concat([
    Buffer.from([0x0d, 0x0a, 0x0d, 0x0a, 0, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]),
    Buffer.from([(version << 4) | command, family]),
    uint16(rest.length),
    rest,
  ]);
}

function uint16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}

/** In network order; written by the system's own reading of the text, not by the parser under test. */
function bytesOf(address: string): Buffer {
  if (!isIPv6(address)) return Buffer.from(address.split('.').map(Number));
  const { address: plain } = new SocketAddress({ address, family: 'ipv6' });
  const [head = '', tail = ''] = embedIpv4(plain).split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const left = groups(head);
  const right = plain.includes('::') ? groups(tail) : [];
  const zeros = Array<string>(8 - left.length - right.length).fill('0');
  const all = [...left, ...zeros, ...right];
  return Buffer.concat(all.map((group) => uint16(Number.parseInt(group, 16))));
}

/** `::1.2.3.4` in two groups. */
function embedIpv4(text: string): string {
  const last = text.slice(text.lastIndexOf(':') + 1);
  if (!last.includes('.')) return text;
  const [a = 0, b = 0, c = 0, d = 0] = last.split('.').map(Number);
  const groups = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  return `${text.slice(0, -last.length)}${groups}`;
}
