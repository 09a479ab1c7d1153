// SPDX-License-Identifier: Apache-2.0

/** Limits of the engine itself, behind no policy field; tests shorten them. Times in milliseconds. */
export interface EngineLimits {
  /** From accept to the end of a PROXY protocol header. Default 5000, as the reference proxy. */
  readonly proxyHeaderMs: number;
  /** Every socket is read again within this time, and repaired when another process changed it. Default 60000. */
  readonly auditMs: number;
  /**
   * Idle sockets that a change of TCP keepalive may make probe at once, a second; the others settle. Default 2000: 10,000
   * within 5 s, and a probe with its answer is 80 bytes.
   */
  readonly probesPerSecond: number;
  /** From the first byte of an HTTP/1 request's head to its end. Default 30000 (nginx 60 s, Envoy none, Node 60 s). */
  readonly http1HeadMs: number;
  /** Between two bytes of an HTTP/1 request's body, while we are ready to read. Default 300000 (nginx 60 s; uploads of phones pause). */
  readonly http1BodyMs: number;
  /**
   * How long a connection that is being closed is still read, so that the client gets our last bytes instead of a reset, and
   * how long the rest of an unwanted body is awaited. Default 2000 (nginx lingering_timeout 5 s).
   */
  readonly http1LingerMs: number;
}

export const DEFAULT_LIMITS: EngineLimits = {
  proxyHeaderMs: 5000,
  auditMs: 60_000,
  probesPerSecond: 2000,
  http1HeadMs: 30_000,
  http1BodyMs: 300_000,
  http1LingerMs: 2000,
};
