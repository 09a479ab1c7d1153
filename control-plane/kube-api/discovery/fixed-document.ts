// SPDX-License-Identifier: Apache-2.0
import { hash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** A document that is the same as long as the process runs, encoded once. */
export interface FixedDocument {
  readonly bytes: Buffer;
  /** SHA-256 of the bytes, hexadecimal capitals, as Kubernetes writes it into addresses. */
  readonly digest: string;
}

export function fixDocument(content: object): FixedDocument {
  const bytes = Buffer.from(JSON.stringify(content));
  return { bytes, digest: hash('sha256', bytes).toUpperCase() };
}

/** Answers with the document, or with 304 when the client has it. */
export function sendFixed(
  request: FastifyRequest,
  reply: FastifyReply,
  { bytes, digest }: FixedDocument,
  contentType = 'application/json',
): FastifyReply {
  const etag = `"${digest}"`;
  reply.header('etag', etag).header('vary', 'Accept');
  if (request.headers['if-none-match'] === etag) return reply.code(304).send();
  return reply.type(contentType).send(bytes);
}
