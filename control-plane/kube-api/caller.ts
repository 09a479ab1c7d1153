// SPDX-License-Identifier: Apache-2.0
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import type { Authenticator } from '../auth/authenticate.js';
import type { Identity } from '../auth/identity.js';
import { checkHostAndOrigin } from './guard.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set once the bearer token was recognised. */
    identity?: Identity;
  }
}

/** Paths that need no token (design: only health and version are open). */
const OPEN_PATHS: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/version']);

export interface GuardOptions {
  /** Asked for audience `api`. */
  readonly authenticate: Authenticator;
  /** Host names without port that a request may be addressed to, e.g. `localhost`; addresses always pass. */
  readonly allowedHosts: readonly string[];
}

/** Checks Host, Origin and token of every request, unknown paths included, before its body is read. */
export function addGuard(app: FastifyInstance, options: GuardOptions): void {
  app.addHook('onRequest', async (request, reply) => {
    checkHostAndOrigin(request.headers, options.allowedHosts);
    if (OPEN_PATHS.has(request.routeOptions.url ?? '')) return;
    try {
      request.identity = options.authenticate(request.headers.authorization, 'api');
    } catch (thrown) {
      reply.header('www-authenticate', 'Bearer');
      throw thrown;
    }
  });
}

export function callerOf(request: FastifyRequest): Identity {
  if (request.identity !== undefined) return request.identity;
  throw new HeartlineError('INTERNAL', 'a request without identity reached a handler');
}
