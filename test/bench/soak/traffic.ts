// SPDX-License-Identifier: Apache-2.0

/** What the clients of a soak do; `aborted` ones leave in the midst of it and expect nothing. */
export const TRAFFIC_KINDS = [
  'aborted',
  'flapping',
  'grpc',
  'http1',
  'http2',
  'tcp',
  'upload',
  'websocket',
] as const;
export type TrafficKind = (typeof TRAFFIC_KINDS)[number];

/** A request that was not answered as it should have been. */
export interface Failure {
  readonly kind: TrafficKind;
  readonly what: string;
  /** 0 when the connection ended instead. */
  readonly status: number;
  /** Begin and end of the request, `nowMs` of any process of this machine. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** What the clients print each second. */
export interface TrafficReport {
  /** Answers verified since the start. */
  readonly done: Readonly<Record<TrafficKind, number>>;
  /** Since the last report. */
  readonly failures: readonly Failure[];
}

/** Where a soak's clients find everything. */
export interface TrafficTargets {
  readonly host: string;
  readonly httpPort: number;
  readonly tcpPort: number;
}

export const FLAPPING_PATH = '/flapping';
export const ECHO_METHOD = '/soak.Echo/Say';
