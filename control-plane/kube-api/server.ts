// SPDX-License-Identifier: Apache-2.0
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type FastifyInstance, fastify } from 'fastify';
import type { Registry } from 'prom-client';
import type { Logger } from '../../shared/telemetry/logger.js';
import type { Clock } from '../../shared/time/clock.js';
import type { FolderStatus } from '../source/manifests/folder-status.js';
import type { ObjectDoor } from '../source/object-door.js';
import { acceptedJson, acceptsJson } from './accept.js';
import { MAX_BODY_BYTES } from './body.js';
import { addGuard, type GuardOptions } from './caller.js';
import { addDiscoveryRoutes } from './discovery/discovery-routes.js';
import { addFailureHandlers, answerClientError, answerFrameworkError } from './failures.js';
import { listenOn } from './listen.js';
import { addObjectRoutes } from './object-routes.js';
import { addOpenRoutes } from './open-routes.js';
import { addOpenApiRoutes } from './openapi/openapi-routes.js';
import type { ServedResource } from './resources/served-resource.js';
import { CODE_HEADER, httpFailureStatus } from './status.js';
import { type TlsOrPlainOptions, takeTlsOrPlain } from './tls-or-plain.js';

export interface ListenAddress {
  /** An IP address or `localhost`. */
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
}

export interface ApiServerOptions extends GuardOptions {
  readonly address: ListenAddress;
  readonly door: ObjectDoor;
  /** Everything that is served below /api and /apis; no kind twice. */
  readonly resources: readonly ServedResource[];
  readonly logger: Logger;
  readonly clock: Clock;
  /** From 0 to 1; spreads the ends of watches. */
  readonly random: () => number;
  /** Heartline's own version, shown by GET /version. */
  readonly version: string;
  /** Names of what is still to be done before requests are served well; absent = always ready. */
  readonly pending?: () => readonly string[];
  /** What TLS clients are shown; plain HTTP is served beside it, to this machine. */
  readonly tls: TlsOrPlainOptions;
  /** Takes every request that asks for another protocol; absent = they are answered as if they did not. */
  readonly upgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** Served on GET /metrics; absent = that path does not exist. */
  readonly metrics?: Registry;
  /** The manifest folder, on GET /debug/manifests; absent = there is none, and no such path. */
  readonly manifests?: () => FolderStatus;
}

export interface ApiServer {
  /** The address really bound. */
  readonly address: ListenAddress;
  /** Stops accepting, lets running requests end and closes idle connections. */
  close(): Promise<void>;
}

/** A body that takes longer than this to arrive is given up with 408, milliseconds (node's default is 300 s). */
const REQUEST_TIMEOUT_MS = 30_000;

/** Names of 253 characters, in a path where each may be percent-encoded. */
const MAX_PARAM_LENGTH = 3 * 253;

/** The Kubernetes-style HTTP API. Throws ADDRESS_IN_USE when the port is taken. */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const app = fastify({
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH, ignoreTrailingSlash: true },
    clientErrorHandler: answerClientError,
    frameworkErrors: answerFrameworkError,
  });
  const opening = takeTlsOrPlain(app.server, options.tls);
  app.addHook('preClose', async () => opening.close());
  if (options.upgrade !== undefined) app.server.on('upgrade', options.upgrade);
  takeBodiesAsBytes(app);
  addGuard(app, options);
  addFailureHandlers(app, options.logger);
  refuseOtherAnswers(app);
  addOpenRoutes(app, options);
  addMetricsRoute(app, options.metrics);
  if (options.manifests !== undefined) app.get('/debug/manifests', options.manifests);
  addDiscoveryRoutes(app, options.resources);
  addOpenApiRoutes(app, options);
  addObjectRoutes(app, options);
  const address = await listenOn(app, options.address);
  return { address, close: () => app.close() };
}

/** Each handler that wants a body parses it itself, so that errors name line and column in one way. */
function takeBodiesAsBytes(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
}

function refuseOtherAnswers(app: FastifyInstance): void {
  app.addHook('preHandler', async (request, reply) => {
    const { accept } = request.headers;
    const isApi = /^\/apis?\//.test(request.routeOptions.url ?? '');
    // What is read comes in several forms, among which its route chooses.
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const isKnown = isRead ? acceptedJson(accept).length > 0 : acceptsJson(accept);
    if (!isApi || isKnown) return undefined;
    reply.code(406).header(CODE_HEADER, 'UNSUPPORTED_MEDIA');
    return reply.send(
      httpFailureStatus(406, 'only application/json is answered here; add it to the Accept header'),
    );
  });
}

function addMetricsRoute(app: FastifyInstance, metrics: Registry | undefined): void {
  if (metrics === undefined) return;
  app.get('/metrics', async (_request, reply) => {
    reply.type(metrics.contentType);
    return metrics.metrics();
  });
}
