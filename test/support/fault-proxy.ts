// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { type IncomingMessage, request as requestUpstream, type ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { CERTIFICATES } from './certificates.js';

/** A request as the proxy saw it. */
export interface ProxiedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly isWatch: boolean;
  /** Value of the Authorization field. */
  readonly authorization: string | undefined;
  /** Undefined until it was answered. */
  status: number | undefined;
}

/** What happens to a request instead of an answer, or to its answer. */
export type Fault =
  | {
      readonly do: 'answer';
      readonly status: number;
      readonly headers?: object;
      readonly body?: object;
    }
  /** The connection is reset before a byte of the answer. */
  | { readonly do: 'reset' }
  /** The connection is reset after so many bytes of the body. */
  | { readonly do: 'cut'; readonly afterBytes: number }
  /** Nothing more comes after so many bytes of the body, and the connection stays. */
  | { readonly do: 'stall'; readonly afterBytes: number }
  /** The body comes in pieces of so many bytes, one to a turn of the event loop. */
  | { readonly do: 'drip'; readonly bytes: number }
  /** Bytes that the server never sent, in front of the answer's. */
  | { readonly do: 'insert'; readonly text: string };

export interface FaultRule {
  readonly match: (request: ProxiedRequest) => boolean;
  readonly fault: Fault;
  /** How often; default 1. */
  readonly times?: number;
}

/** A TLS server of a.example.com before plain HTTP servers, which does to their answers what networks do. */
export interface FaultProxy {
  readonly port: number;
  readonly requests: readonly ProxiedRequest[];
  /** For the next requests that match; rules are looked at in the order they came. */
  inject(rule: FaultRule): void;
  /** Forgets rules that are left. */
  heal(): void;
  /** Faults that happened so far. */
  happened(): number;
  /** Resets the connections of running requests that match. */
  cutRunning(match: (request: ProxiedRequest) => boolean): number;
  /** Running requests that match get nothing any more; their connections stay. */
  stallRunning(match: (request: ProxiedRequest) => boolean): number;
  running(match: (request: ProxiedRequest) => boolean): number;
  /** Nobody listens any more, and all connections are cut. */
  goDown(): Promise<void>;
  /** On the same port. */
  comeBack(): Promise<void>;
  close(): Promise<void>;
}

interface Running {
  readonly seen: ProxiedRequest;
  readonly reply: ServerResponse;
  stalled: boolean;
}

/** `upstreamOf` says where a path is served, as `http://host:port`. */
export async function startFaultProxy(upstreamOf: (path: string) => string): Promise<FaultProxy> {
  const requests: ProxiedRequest[] = [];
  const rules: { rule: FaultRule; left: number }[] = [];
  const running = new Set<Running>();
  let faults = 0;
  let port = 0;
  let server: Server;
  /** TLS handshakes that are under way are connections too. */
  const sockets = new Set<Socket>();

  const takeFault = (seen: ProxiedRequest): Fault | undefined => {
    const found = rules.find(({ rule, left }) => left > 0 && rule.match(seen));
    if (found === undefined) return undefined;
    found.left -= 1;
    faults += 1;
    return found.rule.fault;
  };

  const onRequest = (incoming: IncomingMessage, reply: ServerResponse): void => {
    const seen = describe(incoming);
    requests.push(seen);
    const one: Running = { seen, reply, stalled: false };
    running.add(one);
    reply.on('close', () => running.delete(one));
    const fault = takeFault(seen);
    if (fault?.do === 'reset') resetConnection(reply);
    else if (fault?.do === 'answer') answer(reply, seen, fault);
    else forward(incoming, one, fault, upstreamOf(seen.path));
  };

  const listen = async (): Promise<void> => {
    const { certificate: cert, privateKey: key } = CERTIFICATES.a;
    server = createServer({ cert, key }, onRequest);
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  };
  const goDown = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const { reply } of running) reply.destroy();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  const runningThat = (match: FaultRule['match']): Running[] =>
    [...running].filter(({ seen, stalled }) => !stalled && match(seen));

  await listen();
  return {
    port,
    requests,
    goDown,
    inject: (rule) => rules.push({ rule, left: rule.times ?? 1 }),
    heal: () => rules.splice(0),
    happened: () => faults,
    cutRunning(match) {
      const cut = runningThat(match);
      for (const { reply } of cut) resetConnection(reply);
      return cut.length;
    },
    stallRunning(match) {
      const stalled = runningThat(match);
      for (const one of stalled) one.stalled = true;
      return stalled.length;
    },
    running: (match) => runningThat(match).length,
    comeBack: listen,
    close: goDown,
  };
}

function describe(incoming: IncomingMessage): ProxiedRequest {
  const url = new URL(incoming.url ?? '/', 'https://localhost');
  return {
    method: incoming.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    isWatch: url.searchParams.get('watch') === 'true',
    authorization: incoming.headers.authorization,
    status: undefined,
  };
}

function answer(
  reply: ServerResponse,
  seen: ProxiedRequest,
  { status, headers = {}, body }: Extract<Fault, { do: 'answer' }>,
): void {
  seen.status = status;
  reply.writeHead(status, { 'content-type': 'application/json', ...headers });
  reply.end(
    JSON.stringify(body ?? { kind: 'Status', code: status, message: `a fault: ${status}` }),
  );
}

function forward(
  incoming: IncomingMessage,
  one: Running,
  fault: Fault | undefined,
  upstream: string,
): void {
  const { reply, seen } = one;
  const { host: _, ...headers } = incoming.headers;
  const request = requestUpstream(`${upstream}${incoming.url}`, { method: seen.method, headers });
  request.on('error', () => resetConnection(reply));
  request.on('response', (response) => {
    seen.status = response.statusCode;
    const { 'content-length': _length, ...kept } = response.headers;
    reply.writeHead(response.statusCode ?? 502, kept);
    reply.flushHeaders();
    if (fault?.do === 'insert') reply.write(fault.text);
    void passOn(response, one, fault).catch(() => resetConnection(reply));
  });
  reply.on('close', () => request.destroy());
  incoming.pipe(request);
}

async function passOn(
  response: IncomingMessage,
  one: Running,
  fault: Fault | undefined,
): Promise<void> {
  let passed = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    for (const piece of piecesOf(chunk, fault)) {
      const limit = fault?.do === 'cut' || fault?.do === 'stall' ? fault.afterBytes : Infinity;
      const allowed = piece.subarray(0, Math.max(0, limit - passed));
      if (one.stalled) return;
      if (allowed.length > 0) one.reply.write(allowed);
      passed += piece.length;
      if (passed > limit) {
        if (fault?.do === 'cut') setImmediate(() => resetConnection(one.reply));
        one.stalled = true;
        return;
      }
      if (fault?.do === 'drip') await new Promise(setImmediate);
    }
  }
  if (!one.stalled) one.reply.end();
}

function piecesOf(chunk: Buffer, fault: Fault | undefined): readonly Buffer[] {
  if (fault?.do !== 'drip') return [chunk];
  const count = Math.ceil(chunk.length / fault.bytes);
  return Array.from({ length: count }, (_, i) =>
    chunk.subarray(i * fault.bytes, (i + 1) * fault.bytes),
  );
}

/** TLS has no reset of its own: the connection below it is torn down without a goodbye. */
function resetConnection(reply: ServerResponse): void {
  reply.socket?.destroy();
  reply.destroy();
}
