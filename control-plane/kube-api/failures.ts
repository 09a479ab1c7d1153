// SPDX-License-Identifier: Apache-2.0
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { HeartlineError, toHeartlineError } from '../../shared/errors/heartline-error.js';
import type { Logger } from '../../shared/telemetry/logger.js';
import { findKindByPath } from '../policy/kinds.js';
import { bodyTooLarge } from './body.js';
import { CODE_HEADER, failureStatus, type StatusDetails } from './status.js';

/** Every failure of every request leaves as a Status; what we did not expect is logged in full. */
export function addFailureHandlers(app: FastifyInstance, logger: Logger): void {
  app.setErrorHandler<FastifyError | HeartlineError>((thrown, request, reply) => {
    const error = convert(thrown);
    if (error.meaning.http >= 500) {
      logger.error({ err: thrown, method: request.method, url: request.url }, 'API request failed');
    }
    return sendFailure(reply, error, aboutOf(request, error));
  });
  app.setNotFoundHandler((request, reply) => {
    const message = `no such path: ${request.method} ${request.url.split('?')[0]}`;
    return sendFailure(reply, new HeartlineError('NOT_FOUND', message));
  });
}

/** What fails before a route is found: a path that is no URL. */
export function answerFrameworkError(
  thrown: FastifyError,
  _request: FastifyRequest,
  reply: FastifyReply,
): void {
  sendFailure(reply, convert(thrown));
}

/** Bytes that are no HTTP: answered on the bare socket, which is then closed. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const { line, text } = describeClientError(error.code);
  answerRaw(socket, line, new HeartlineError('INVALID_ARGUMENT', text));
}

/** The last words on a bare connection: a response of its own, with this status line. */
export function answerRaw(socket: Duplex, line: string, error: HeartlineError): void {
  const body = JSON.stringify(failureStatus(error));
  socket.end(
    `HTTP/1.1 ${line}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

function describeClientError(code: string | undefined): { line: string; text: string } {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return {
      line: '431 Request Header Fields Too Large',
      text: 'the request headers are larger than 16 KiB',
    };
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return {
      line: '408 Request Timeout',
      text: 'the request did not arrive in time; send it again',
    };
  }
  return { line: '400 Bad Request', text: 'this is no valid HTTP/1.1 request' };
}

function convert(thrown: FastifyError | HeartlineError): HeartlineError {
  if (thrown instanceof HeartlineError) return thrown;
  if (thrown.code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return bodyTooLarge(thrown);
  }
  const clientError = thrown.statusCode !== undefined && thrown.statusCode < 500;
  if (clientError) return toHeartlineError(thrown, 'INVALID_ARGUMENT');
  return new HeartlineError('INTERNAL', "internal error; the control plane's log has the details", {
    cause: thrown,
  });
}

function sendFailure(
  reply: FastifyReply,
  error: HeartlineError,
  about: StatusDetails = {},
): FastifyReply {
  const status = failureStatus(error, about);
  const seconds = status.details?.retryAfterSeconds;
  if (seconds !== undefined) reply.header('retry-after', String(seconds));
  return reply.code(status.code).header(CODE_HEADER, error.code).send(status);
}

const LIST_OPTIONS: StatusDetails = { group: 'meta.k8s.io', kind: 'ListOptions' };

/**
 * Which object a request was about, from its path: `/apis/G/V/namespaces/NS/PLURAL/NAME`, without G in `/api/V/…`.
 * As in Kubernetes, what is invalid is named by its kind, everything else by its resource.
 */
function aboutOf(request: FastifyRequest, error: HeartlineError): StatusDetails {
  const [, root, ...rest] = (request.routeOptions.url ?? '').split('/');
  const [group = '', version = '', , , plural = ''] = root === 'api' ? ['', ...rest] : rest;
  const kind = findKindByPath(group, version, plural);
  if (kind === undefined) return {};
  // Nothing of a read can be invalid but its options.
  if (error.code === 'INVALID_OBJECT' && request.method === 'GET') return LIST_OPTIONS;
  const { name = error.subject } = request.params as { readonly name?: string };
  const word = error.code === 'INVALID_OBJECT' ? kind.kind : kind.plural;
  return { ...(name ? { name } : {}), group: kind.group, kind: word };
}
