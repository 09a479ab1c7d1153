// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../../google/protobuf/Duration.js';

/**
 * TCP keepalive. There is no switch: where this message is, keepalive is on.
 */
export interface KeepaliveConfig {
  /**
   * Idle time before the first probe (TCP_KEEPIDLE, 1..32767 s, whole seconds); unset: 180 s.
   */
  'time'?: (_google_protobuf_Duration | null);
  /**
   * Time between probes (TCP_KEEPINTVL, 1..32767 s, whole seconds); unset: 180 s.
   */
  'interval'?: (_google_protobuf_Duration | null);
  /**
   * Unanswered probes until the connection is dead (TCP_KEEPCNT, 1..127); unset: 9.
   */
  'retries'?: (number);
  '_retries'?: "retries";
}

/**
 * TCP keepalive. There is no switch: where this message is, keepalive is on.
 */
export interface KeepaliveConfig__Output {
  /**
   * Idle time before the first probe (TCP_KEEPIDLE, 1..32767 s, whole seconds); unset: 180 s.
   */
  'time'?: (_google_protobuf_Duration__Output);
  /**
   * Time between probes (TCP_KEEPINTVL, 1..32767 s, whole seconds); unset: 180 s.
   */
  'interval'?: (_google_protobuf_Duration__Output);
  /**
   * Unanswered probes until the connection is dead (TCP_KEEPCNT, 1..127); unset: 9.
   */
  'retries'?: (number);
  '_retries'?: "retries";
}
