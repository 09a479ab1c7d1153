// SPDX-License-Identifier: Apache-2.0
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { errnoOf, HeartlineError, toHeartlineError } from '../../shared/errors/heartline-error.js';
import { formatHostPort, type HostPort } from '../../shared/names/host-port.js';
import type { Logger } from '../../shared/telemetry/logger.js';
import { limitPlaces } from './connection-places.js';

/** A request without a body: nothing that these servers do takes one. */
export interface PlainRequest {
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
}

export interface PlainResponse {
  /** Default 200. */
  readonly status?: number;
  readonly contentType: string;
  readonly body: string;
}

export interface Endpoint {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** A HeartlineError thrown here is answered with its HTTP status and message. */
  readonly handle: (request: PlainRequest) => PlainResponse | Promise<PlainResponse>;
}

export interface HttpServerOptions {
  /** In logs and errors: `admin`, `stats`, `readiness`. */
  readonly name: string;
  /** Command-line flag that sets the address. */
  readonly flag: string;
  readonly address: HostPort;
  readonly endpoints: readonly Endpoint[];
  readonly logger: Logger;
  /** A sentence refuses the request with 403. */
  readonly refuse?: (request: PlainRequest) => string | undefined;
}

export interface HttpServer {
  /** Where it really listens, also when port 0 was asked for. */
  readonly address: HostPort;
  /** Ends open connections too. */
  close(): Promise<void>;
}

/** Enough for people, scrapers and probes; the rest of the worker's descriptors stay with traffic. */
const PLACES = 64;
const MAX_HEADER_BYTES = 16 * 1024;
/** Slow or silent clients give their place back. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_TIMEOUT_MS = 5_000;

/** A small HTTP server for operators. Throws HeartlineError ADDRESS_IN_USE or CONFIG. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    connectionsCheckingInterval: 1000,
  });
  limitPlaces(server, PLACES);
  server.on('request', (request, response) => {
    // A body that comes all the same is read and dropped, so that the connection can be used again.
    request.resume();
    answer(options, request).then(
      (plain) => send(response, plain, request.method === 'HEAD'),
      (thrown: unknown) => send(response, failure(options, thrown), false),
    );
  });
  await listen(server, options);
  // After a descriptor shortage accepting goes on by itself; without a listener the event would end the process.
  server.on('error', (thrown) => options.logger.error({ err: thrown }, `${options.name} server`));
  const { address: host, port } = server.address() as AddressInfo;
  options.logger.info(
    { address: formatHostPort({ host, port }) },
    `${options.name} server listens`,
  );
  return { address: { host, port }, close: () => closeServer(server) };
}

async function answer(
  options: HttpServerOptions,
  request: IncomingMessage,
): Promise<PlainResponse> {
  const url = new URL(request.url ?? '/', 'http://heartline');
  const plain = { query: url.searchParams, headers: request.headers };
  const refused = options.refuse?.(plain);
  if (refused !== undefined) throw new HeartlineError('PERMISSION_DENIED', refused);
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const here = options.endpoints.filter(({ path }) => path === url.pathname);
  const endpoint = here.find((candidate) => candidate.method === method);
  if (endpoint !== undefined) return endpoint.handle(plain);
  const known = options.endpoints.map(({ method: verb, path }) => `${verb} ${path}`).join('\n');
  return here.length > 0
    ? text(405, `${request.method} is not served here\n`)
    : text(404, `nothing is served at this path; there is\n${known}\n`);
}

export function text(status: number, body: string): PlainResponse {
  return { status, contentType: 'text/plain; charset=utf-8', body };
}

export function json(value: unknown): PlainResponse {
  return { contentType: 'application/json', body: `${JSON.stringify(value)}\n` };
}

function failure({ logger, name }: HttpServerOptions, thrown: unknown): PlainResponse {
  // A target that no URL can be made of: the client's fault.
  const error = toHeartlineError(
    thrown,
    errnoOf(thrown) === 'ERR_INVALID_URL' ? 'INVALID_ARGUMENT' : 'INTERNAL',
  );
  if (error.code === 'INTERNAL') logger.error({ err: thrown }, `${name} request failed`);
  return text(error.meaning.http, `${error.message}\n`);
}

function send(response: ServerResponse, plain: PlainResponse, headOnly: boolean): void {
  const body = Buffer.from(plain.body);
  response.writeHead(plain.status ?? 200, {
    'content-type': plain.contentType,
    'content-length': body.length,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(headOnly ? undefined : body);
}

function listen(server: Server, { address, name, flag }: HttpServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error): void => {
      const inUse = errnoOf(cause) === 'EADDRINUSE';
      const subject = formatHostPort(address);
      const message = inUse
        ? `the ${name} address ${subject} is in use; stop its owner or choose another with ${flag}`
        : `the ${name} address ${subject} cannot be listened on (${errnoOf(cause) ?? cause.message}); set ${flag}`;
      reject(new HeartlineError(inUse ? 'ADDRESS_IN_USE' : 'CONFIG', message, { subject, cause }));
    };
    server.once('error', fail);
    server.listen(address.port, address.host, () => {
      server.off('error', fail);
      resolve();
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
