// SPDX-License-Identifier: Apache-2.0
import type { FastifyInstance } from 'fastify';
import { CODE_HEADER, httpFailureStatus } from './status.js';

/** Answers 405 with the allowed methods where a path exists but a method does not. */
export function refuseOtherMethods(
  app: FastifyInstance,
  url: string,
  allowed: readonly string[],
): void {
  const refused = app.supportedMethods.filter((method) => !allowed.includes(method));
  const allow = [...allowed].sort().join(', ');
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
