// SPDX-License-Identifier: Apache-2.0

export type IpFamily = 'IPv4' | 'IPv6';

/**
 * The 4 or 16 bytes of an IP address as it is written (RFC 4291 section 2.2 for IPv6, mapped IPv4 included);
 * undefined for anything else. A zone (`%eth0`) is none of an address that others are told.
 */
export function ipBytes(text: string): Uint8Array | undefined {
  if (!text.includes(':')) return ipv4Bytes(text);
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (dotted === null) return ipv6Bytes(text);
  const tail = ipv4Bytes(dotted[2] ?? '');
  if (tail === undefined) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = tail;
  return ipv6Bytes(`${dotted[1]}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`);
}

/** The text of 4 or 16 bytes, without leading zeros and not shortened to `::`; undefined for other lengths. */
export function ipText(bytes: Uint8Array): string | undefined {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) return undefined;
  const groups: string[] = [];
  for (let at = 0; at < 16; at += 2) {
    groups.push((((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)).toString(16));
  }
  return groups.join(':');
}

/** Of bytes that `ipBytes` gave. */
export function ipFamily(bytes: Uint8Array): IpFamily {
  return bytes.length === 4 ? 'IPv4' : 'IPv6';
}

function ipv4Bytes(text: string): Uint8Array | undefined {
  const parts = text.split('.');
  const isByte = (part: string): boolean => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256;
  return parts.length === 4 && parts.every(isByte) ? Uint8Array.from(parts, Number) : undefined;
}

function ipv6Bytes(text: string): Uint8Array | undefined {
  const [head = '', tail, ...more] = text.split('::');
  if (more.length > 0) return undefined;
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = 8 - before.length - after.length;
  if (tail === undefined ? zeros !== 0 : zeros < 1) return undefined;
  const groups = [...before, ...Array<string>(zeros).fill('0'), ...after];
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  return Uint8Array.from(
    groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]),
  );
}
