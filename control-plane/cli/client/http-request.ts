// SPDX-License-Identifier: Apache-2.0
import { type IncomingHttpHeaders, request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import {
  errnoOf,
  HeartlineError,
  toHeartlineError,
} from '../../../shared/errors/heartline-error.js';

export interface HttpCall {
  /** `http://` or `https://`. */
  readonly url: string;
  /** PEM of the authority that has to have signed an https server's certificate; default: those of the system. */
  readonly certificateAuthority?: string | undefined;
  /** Whom the address belongs to, for messages: `the API server`. */
  readonly peer: string;
  /** Default GET. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Default 30 s: from the start of the call to the last byte of the answer, milliseconds. */
  readonly timeoutMs?: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

const DEFAULT_TIMEOUT_MS = 30_000;

/** One HTTP exchange on its own connection; any status is an answer, no connection is an error. */
export async function callHttp(call: HttpCall): Promise<HttpAnswer> {
  const timeoutMs = call.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    return await exchange(call, signal);
  } catch (thrown) {
    if (signal.aborted) {
      throw new HeartlineError(
        'TIMEOUT',
        `${call.peer} at ${origin(call)} did not answer within ${timeoutMs / 1000} s`,
        { cause: thrown },
      );
    }
    throw connectionError(call, thrown);
  }
}

function exchange(call: HttpCall, signal: AbortSignal): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const request = call.url.startsWith('https:') ? requestTls : requestPlain;
    const outgoing = request(call.url, {
      method: call.method ?? 'GET',
      headers: {
        ...call.headers,
        ...(call.body === undefined ? {} : { 'content-length': Buffer.byteLength(call.body) }),
      },
      agent: false,
      signal,
      ...(call.certificateAuthority === undefined ? {} : { ca: call.certificateAuthority }),
    });
    outgoing.once('error', reject);
    outgoing.once('response', (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.once('error', reject);
      incoming.once('end', () =>
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          text: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    outgoing.end(call.body);
  });
}

/** What OpenSSL and node say when a certificate does not lead to a trusted authority. */
const UNTRUSTED: ReadonlySet<string> = new Set([
  'CERT_SIGNATURE_FAILURE',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

function connectionError(call: HttpCall, thrown: unknown): HeartlineError {
  const errno = errnoOf(thrown);
  const at = `${call.peer} at ${origin(call)}`;
  if (errno === 'ECONNREFUSED') {
    return new HeartlineError('UNAVAILABLE', `${at} is not running: connection refused`, {
      cause: thrown,
    });
  }
  if (errno === 'ERR_INVALID_CHAR') return toHeartlineError(thrown, 'INVALID_ARGUMENT');
  if (UNTRUSTED.has(errno ?? '')) {
    return new HeartlineError(
      'UNAUTHENTICATED',
      `${at} shows a certificate that the kubeconfig's authority did not sign (${errno}); use the kubeconfig of that server`,
      { cause: thrown },
    );
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new HeartlineError('UNAVAILABLE', `${at} cannot be reached: ${message}`, {
    cause: thrown,
  });
}

function origin(call: HttpCall): string {
  return new URL(call.url).host;
}
