// SPDX-License-Identifier: Apache-2.0
import type { FastifyInstance, HTTPMethods } from 'fastify';
import { CODE_HEADER, httpFailureStatus } from './status.js';

/** Answers 405 with the allowed methods where a path exists but a method does not; called when a path has its routes. */
export function refuseOtherMethods(app: FastifyInstance, url: string): void {
  const isAllowed = (method: string): boolean =>
    app.hasRoute({ method: method as HTTPMethods, url });
  const refused = app.supportedMethods.filter((method) => !isAllowed(method));
  const allow = app.supportedMethods.filter(isAllowed).sort().join(', ');
  app.route({
    method: refused,
    url,
    handler: async (request, reply) => {
      reply.code(405).header('allow', allow).header(CODE_HEADER, 'UNIMPLEMENTED');
      return httpFailureStatus(
        405,
        `${request.method} is not supported here; this path allows ${allow}`,
      );
    },
  });
}
