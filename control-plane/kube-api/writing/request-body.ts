// SPDX-License-Identifier: Apache-2.0
import type { FastifyRequest } from 'fastify';
import { parseBody } from '../body.js';
import { findDuplicateFields } from './duplicate-fields.js';
import { PROTOBUF, type ProtobufReader } from './protobuf-body.js';

/** Reads the one object in a request's body: JSON, YAML, or protobuf of kinds that typed clients send so. */
export type BodyReader = (request: FastifyRequest) => unknown;

/** Fields that a JSON body has more than once. A YAML body with such a field is refused by its parser. */
export function duplicateFieldsOf({ body, headers }: FastifyRequest): readonly string[] {
  const [type = ''] = (headers['content-type'] ?? '').split(';');
  if (type.trim().toLowerCase() !== 'application/json') return [];
  return findDuplicateFields((body as Buffer).toString('utf8'));
}

export function createBodyReader(readProtobuf: ProtobufReader): BodyReader {
  return ({ body, headers }) => {
    const contentType = headers['content-type'];
    const [type = ''] = (contentType ?? '').split(';');
    if (type.trim().toLowerCase() === PROTOBUF) return readProtobuf(body as Buffer);
    return parseBody(body as Buffer, contentType);
  };
}
