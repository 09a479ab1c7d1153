// SPDX-License-Identifier: Apache-2.0
import { createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { listenOnLoopback } from './engine-lab.js';

/** A request as its bytes were; this parser takes nothing but RFC 9112's own grammar. */
export interface RecordedRequest {
  readonly line: string;
  readonly method: string;
  readonly path: string;
  /** `name: value` in order, as received. */
  readonly fields: readonly string[];
  readonly body: string;
  /** Number of its connection, from 1. */
  readonly connection: number;
}

/** What the backend does with a request: bytes to send, in order; `end` closes with FIN, `reset` with RST after them. */
export interface RecorderAnswer {
  readonly bytes: readonly string[];
  readonly after?: 'end' | 'reset';
}

export interface RecorderBackend {
  readonly port: number;
  /** Whole requests, in order of their end. */
  readonly requests: RecordedRequest[];
  /** Every byte received, by connection. */
  readonly raw: string[];
  /** Bytes that are no request: what was found instead. */
  readonly faults: string[];
  /** Connections whose other side has ended or that are closed, by number. */
  readonly ended: Set<number>;
  /** Sockets by number, from 1. */
  readonly sockets: Socket[];
  /** What happens to requests whose path contains the key. */
  readonly answers: Map<string, RecorderAnswer>;
  /** Called with the head as soon as it is complete; true: this handler answers. */
  onHead: ((head: RecordedRequest, socket: Socket) => boolean) | undefined;
}

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

/** A backend that keeps every byte it is sent and reads requests more strictly than any server. */
export async function startRecorder(t: TestContext): Promise<RecorderBackend> {
  const backend: Omit<RecorderBackend, 'port'> = {
    requests: [],
    raw: [],
    faults: [],
    ended: new Set(),
    sockets: [],
    answers: new Map(),
    onHead: undefined,
  };
  const server = createServer({ allowHalfOpen: true, noDelay: true });
  server.on('connection', (socket) => serve(socket, backend));
  const port = await listenOnLoopback(t, server);
  return Object.assign(backend, { port });
}

function serve(socket: Socket, backend: Omit<RecorderBackend, 'port'>): void {
  const connection = backend.sockets.push(socket);
  backend.raw.push('');
  let pending = '';
  let announced = false;
  socket.on('data', (chunk: Buffer) => {
    const text = chunk.toString('latin1');
    backend.raw[connection - 1] += text;
    pending += text;
    for (;;) {
      const read = readRequest(pending, connection);
      if (read.kind === 'fault') backend.faults.push(read.fault);
      if (read.kind === 'head' && !announced) {
        announced = true;
        if (backend.onHead?.(read.request, socket)) return;
      }
      if (read.kind !== 'whole') return;
      const handled = !announced && backend.onHead?.(read.request, socket);
      announced = false;
      pending = read.rest;
      backend.requests.push(read.request);
      if (!handled) answer(socket, read.request, backend.answers);
    }
  });
  socket.on('end', () => {
    backend.ended.add(connection);
    socket.end();
  });
  socket.on('close', () => backend.ended.add(connection));
}

function answer(
  socket: Socket,
  { path }: RecordedRequest,
  answers: ReadonlyMap<string, RecorderAnswer>,
): void {
  const own = [...answers].find(([key]) => path.includes(key))?.[1];
  for (const bytes of own?.bytes ?? [OK]) socket.write(bytes, 'latin1');
  if (own?.after === 'end') socket.end();
  if (own?.after === 'reset') socket.resetAndDestroy();
}

type Read =
  | { readonly kind: 'partial' }
  | { readonly kind: 'head'; readonly request: RecordedRequest }
  | { readonly kind: 'fault'; readonly fault: string }
  | { readonly kind: 'whole'; readonly request: RecordedRequest; readonly rest: string };

const LINE = /^([A-Z-]+) (\S+) HTTP\/1\.1$/;
const FIELD = /^[!#$%&'*+.^_`|~\w-]+: [\t\x20-\x7e\x80-\xff]*$/;

function readRequest(bytes: string, connection: number): Read {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd < 0) return { kind: 'partial' };
  const [line = '', ...fields] = bytes.slice(0, headEnd).split('\r\n');
  const [, method, path] = LINE.exec(line) ?? [];
  const odd = fields.find((field) => !FIELD.test(field));
  if (method === undefined || path === undefined) return { kind: 'fault', fault: line };
  if (odd !== undefined) return { kind: 'fault', fault: odd };
  const request = { line, method, path, fields, body: '', connection };
  const lengths = fields.filter((field) => /^content-length:/i.test(field));
  const codings = fields.filter((field) => /^transfer-encoding:/i.test(field));
  const rest = bytes.slice(headEnd + 4);
  if (lengths.length + codings.length > 1) return { kind: 'fault', fault: fields.join(' | ') };
  if (codings.length === 1) return readChunks(rest, request);
  const length = Number(/: (\d+)$/.exec(lengths[0] ?? ': 0')?.[1] ?? Number.NaN);
  if (Number.isNaN(length)) return { kind: 'fault', fault: lengths[0] ?? '' };
  if (rest.length < length) return { kind: 'head', request };
  const body = rest.slice(0, length);
  return { kind: 'whole', request: { ...request, body }, rest: rest.slice(length) };
}

function readChunks(bytes: string, request: RecordedRequest): Read {
  let body = '';
  let at = 0;
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return { kind: 'head', request };
    const size = bytes.slice(at, lineEnd);
    if (!/^[\da-f]{1,8}$/i.test(size)) return { kind: 'fault', fault: `chunk size ${size}` };
    const end = lineEnd + 2 + Number.parseInt(size, 16);
    if (bytes.length < end + 2) return { kind: 'head', request };
    if (bytes.slice(end, end + 2) !== '\r\n') return { kind: 'fault', fault: 'chunk without CRLF' };
    body += bytes.slice(lineEnd + 2, end);
    at = end + 2;
    if (end === lineEnd + 2) {
      return { kind: 'whole', request: { ...request, body }, rest: bytes.slice(at) };
    }
  }
}
