// SPDX-License-Identifier: Apache-2.0

/**
 * As much of HPACK (RFC 7541) as a test client needs: it writes every field as a literal without indexing, so that a test may
 * say anything, and reads what a server writes for a decoder whose dynamic table has size 0.
 */
export type HeaderPair = readonly [name: string, value: string];

const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');

/** An integer with a prefix of `bits` (§5.1); `first` holds what stands before it in the byte. */
function encodeInteger(value: number, bits: number, first: number): Buffer {
  const most = 2 ** bits - 1;
  if (value < most) return Buffer.from([first | value]);
  const bytes = [first | most];
  let rest = value - most;
  for (; rest >= 128; rest >>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}

function encodeString(text: string): Buffer {
  return Buffer.concat([encodeInteger(text.length, 7, 0), bytesOf(text)]);
}

/** A header block of literals, in the given order, with the characters as given (latin1). */
export function encodeHeaders(headers: readonly HeaderPair[]): Buffer {
  const fields = headers.flatMap(([name, value]) => [
    Buffer.from([0]),
    encodeString(name),
    encodeString(value),
  ]);
  return Buffer.concat(fields);
}

/** Appendix A; a name without a colon value has the empty string. */
const STATIC_TABLE: readonly HeaderPair[] = [
  [':authority', ''],
  [':method', 'GET'],
  [':method', 'POST'],
  [':path', '/'],
  [':path', '/index.html'],
  [':scheme', 'http'],
  [':scheme', 'https'],
  ...['200', '204', '206', '304', '400', '404', '500'].map((code): HeaderPair => [':status', code]),
  ['accept-charset', ''],
  ['accept-encoding', 'gzip, deflate'],
  ...'accept-language accept-ranges accept access-control-allow-origin age allow authorization cache-control content-disposition content-encoding content-language content-length content-location content-range content-type cookie date etag expect expires from host if-match if-modified-since if-none-match if-range if-unmodified-since last-modified link location max-forwards proxy-authenticate proxy-authorization range referer refresh retry-after server set-cookie strict-transport-security transfer-encoding user-agent vary via www-authenticate'
    .split(' ')
    .map((name): HeaderPair => [name, '']),
];

/**
 * Appendix B is a canonical code: the symbols of each length, in order, say all of it. Longer codes than 15 bits belong to
 * characters that no header of these tests has.
 */
const HUFFMAN_SYMBOLS: Readonly<Record<number, string>> = {
  5: '012aceiost',
  6: ' %-./3456789=A_bdfghlmnpru',
  7: ':BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz',
  8: '&*,;XZ',
  10: '!"()?',
  11: "'+|",
  12: '#>',
  13: '\0$@[]~',
  14: '^}',
  15: '<`{',
};

function buildHuffman(): ReadonlyMap<string, string> {
  const codes = new Map<string, string>();
  let next = 0;
  for (let length = 5; length <= 15; length += 1) {
    next *= 2;
    for (const symbol of HUFFMAN_SYMBOLS[length] ?? '') {
      codes.set(next.toString(2).padStart(length, '0'), symbol);
      next += 1;
    }
  }
  return codes;
}

function decodeHuffman(bytes: Buffer, codes: ReadonlyMap<string, string>): string {
  let text = '';
  let code = '';
  for (const bit of [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')) {
    code += bit;
    const symbol = codes.get(code);
    if (symbol === undefined) continue;
    text += symbol;
    code = '';
  }
  if (!/^1{0,7}$/.test(code)) throw new Error(`Huffman code ${code} is none this decoder knows`);
  return text;
}

/** Decodes a whole header block of a server that was told HEADER_TABLE_SIZE 0. */
export function decodeHeaders(block: Buffer): HeaderPair[] {
  const codes = buildHuffman();
  const headers: HeaderPair[] = [];
  let at = 0;
  const integer = (bits: number): number => {
    const most = 2 ** bits - 1;
    let value = (block[at++] ?? 0) & most;
    if (value < most) return value;
    for (let shift = 0; ; shift += 7) {
      const byte = block[at++] ?? 0;
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  const string = (): string => {
    const isHuffman = ((block[at] ?? 0) & 128) !== 0;
    const length = integer(7);
    const bytes = block.subarray(at, at + length);
    at += length;
    return isHuffman ? decodeHuffman(bytes, codes) : bytes.toString('latin1');
  };
  const staticField = (index: number): HeaderPair => {
    const field = STATIC_TABLE[index - 1];
    if (field === undefined) throw new Error(`index ${index} is not in the static table`);
    return field;
  };
  while (at < block.length) {
    const first = block[at] ?? 0;
    if (first >= 128) headers.push(staticField(integer(7)));
    else if (first >= 32 && first < 64) integer(5);
    else {
      const index = integer(first >= 64 ? 6 : 4);
      const name = index === 0 ? string() : staticField(index)[0];
      headers.push([name, string()]);
    }
  }
  return headers;
}
