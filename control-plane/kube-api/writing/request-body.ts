// SPDX-License-Identifier: Apache-2.0
import type { FastifyRequest } from 'fastify';
import type { Kind } from '../../policy/kinds.js';
import { parseBody } from '../body.js';

/** The one object in a request's body. */
export function parseRequestBody(request: FastifyRequest, _kind: Kind): unknown {
  return parseBody(request.body as Buffer, request.headers['content-type']);
}
