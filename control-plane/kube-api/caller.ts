// SPDX-License-Identifier: Apache-2.0
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import { type ApiToken, authenticate, checkHostAndOrigin } from './guard.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set once the bearer token was recognised. */
    actor?: string;
  }
}

/** Paths that need no token (design: only health and version are open). */
const OPEN_PATHS: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/version']);

export interface GuardOptions {
  readonly tokens: readonly ApiToken[];
  readonly allowedHosts: readonly string[];
}

/** Checks Host, Origin and token of every request, unknown paths included, before its body is read. */
export function addGuard(app: FastifyInstance, options: GuardOptions): void {
  app.addHook('onRequest', async (request, reply) => {
    checkHostAndOrigin(request.headers, options.allowedHosts);
    if (OPEN_PATHS.has(request.routeOptions.url ?? '')) return;
    try {
      request.actor = authenticate(request.headers.authorization, options.tokens).actor;
    } catch (thrown) {
      reply.header('www-authenticate', 'Bearer');
      throw thrown;
    }
  });
}

export function callerOf(request: FastifyRequest): string {
  if (request.actor !== undefined) return request.actor;
  throw new HeartlineError('INTERNAL', 'a request without identity reached a handler');
}
