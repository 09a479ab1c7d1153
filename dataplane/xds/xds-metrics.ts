// SPDX-License-Identifier: Apache-2.0
import { Counter, Gauge, type Registry } from 'prom-client';

/** Metrics of the worker's xDS session and state. */
export interface XdsMetrics {
  /** 1 while a stream stands and has delivered a message. */
  readonly connected: Gauge;
  readonly terminations: Counter<'reason'>;
  readonly messages: Counter<'type_url'>;
  readonly messageBytes: Counter<'type_url'>;
  /** Removed names are counted like resources: a response without either changes nothing. */
  readonly resources: Counter<'type_url'>;
  readonly rejected: Counter;
  readonly lastGoodFailures: Counter;
}

export function createXdsMetrics(registry: Registry): XdsMetrics {
  const registers = [registry];
  const labelNames = ['type_url'] as const;
  return {
    connected: new Gauge({
      name: 'heartline_xds_connected',
      help: '1 while the control plane streams to this worker.',
      registers,
    }),
    terminations: new Counter({
      name: 'heartline_xds_connection_terminations_total',
      help: 'Streams to the control plane that ended, by reason.',
      labelNames: ['reason'],
      registers,
    }),
    messages: new Counter({
      name: 'heartline_xds_messages_total',
      help: 'Responses received from the control plane.',
      labelNames,
      registers,
    }),
    messageBytes: new Counter({
      name: 'heartline_xds_message_bytes_total',
      help: 'Bytes of responses received from the control plane.',
      labelNames,
      registers,
    }),
    resources: new Counter({
      name: 'heartline_xds_resources_total',
      help: 'Resources received from the control plane, removed ones included.',
      labelNames,
      registers,
    }),
    rejected: new Counter({
      name: 'heartline_xds_rejected_resources_total',
      help: 'Resources that this worker refused.',
      registers,
    }),
    lastGoodFailures: new Counter({
      name: 'heartline_last_good_write_failures_total',
      help: 'Failed writes of the last-good file; each is tried again.',
      registers,
    }),
  };
}
