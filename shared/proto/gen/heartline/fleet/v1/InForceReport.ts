// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
import type { ListenerReport as _heartline_fleet_v1_ListenerReport, ListenerReport__Output as _heartline_fleet_v1_ListenerReport__Output } from '../../../heartline/fleet/v1/ListenerReport.js';
import type { Long } from '@grpc/proto-loader';

/**
 * What holds on the worker at one moment. Each open connection is counted once: in connections_in_force, settling, failed or
 * unverified. The other counts overlap with these.
 */
export interface InForceReport {
  /**
   * Welcome.session_id of this stream.
   */
  'sessionId'?: (string);
  /**
   * Label of the snapshot whose plan was applied last (system_version_info of the response); empty before the first.
   */
  'version'?: (string);
  /**
   * Strictly increasing per session, from 1.
   */
  'sequence'?: (number | string | Long);
  /**
   * When the counts were taken: milliseconds since 1970 UTC by the worker's clock.
   */
  'observedAtUnixMs'?: (number | string | Long);
  /**
   * Since when in_force has been true for this version: milliseconds since 1970 UTC by the worker's clock; 0 while it is false.
   */
  'inForceSinceUnixMs'?: (number | string | Long);
  /**
   * Downstream connections open now.
   */
  'connectionsOpen'?: (number);
  /**
   * Of those: every value of the plan read back and equal, or deferred.
   */
  'connectionsInForce'?: (number);
  /**
   * Of those: TCP_KEEPIDLE not written yet, because writing all at once would make all probe at once.
   */
  'settling'?: (number);
  /**
   * Of those in force: busy or upgraded HTTP/1 connections whose idle deadline starts when they become idle.
   */
  'deferred'?: (number);
  /**
   * HTTP/2 sessions whose peer has not acknowledged our SETTINGS yet. Never holds in_force back.
   */
  'settingsPending'?: (number);
  /**
   * Of those open: a write failed or read back a different value; retried.
   */
  'failed'?: (number);
  /**
   * Of those open: not read back yet under this version.
   */
  'unverified'?: (number);
  /**
   * Open connections that keep their old values by design, such as TLS settings after the handshake.
   */
  'newOnly'?: (number);
  /**
   * Every listening socket of the worker, sorted by bind_key.
   */
  'listeners'?: (_heartline_fleet_v1_ListenerReport)[];
  /**
   * The verdict: every listener in force and no connection settling, failed or unverified.
   */
  'inForce'?: (boolean);
  /**
   * Since the worker started: sockets, listening and upstream ones included, whose keepalive values another process had
   * changed. They were repaired; in_force_since_unix_ms starts anew at the repair.
   */
  'drifted'?: (number);
}

/**
 * What holds on the worker at one moment. Each open connection is counted once: in connections_in_force, settling, failed or
 * unverified. The other counts overlap with these.
 */
export interface InForceReport__Output {
  /**
   * Welcome.session_id of this stream.
   */
  'sessionId'?: (string);
  /**
   * Label of the snapshot whose plan was applied last (system_version_info of the response); empty before the first.
   */
  'version'?: (string);
  /**
   * Strictly increasing per session, from 1.
   */
  'sequence'?: (number);
  /**
   * When the counts were taken: milliseconds since 1970 UTC by the worker's clock.
   */
  'observedAtUnixMs'?: (number);
  /**
   * Since when in_force has been true for this version: milliseconds since 1970 UTC by the worker's clock; 0 while it is false.
   */
  'inForceSinceUnixMs'?: (number);
  /**
   * Downstream connections open now.
   */
  'connectionsOpen'?: (number);
  /**
   * Of those: every value of the plan read back and equal, or deferred.
   */
  'connectionsInForce'?: (number);
  /**
   * Of those: TCP_KEEPIDLE not written yet, because writing all at once would make all probe at once.
   */
  'settling'?: (number);
  /**
   * Of those in force: busy or upgraded HTTP/1 connections whose idle deadline starts when they become idle.
   */
  'deferred'?: (number);
  /**
   * HTTP/2 sessions whose peer has not acknowledged our SETTINGS yet. Never holds in_force back.
   */
  'settingsPending'?: (number);
  /**
   * Of those open: a write failed or read back a different value; retried.
   */
  'failed'?: (number);
  /**
   * Of those open: not read back yet under this version.
   */
  'unverified'?: (number);
  /**
   * Open connections that keep their old values by design, such as TLS settings after the handshake.
   */
  'newOnly'?: (number);
  /**
   * Every listening socket of the worker, sorted by bind_key.
   */
  'listeners': (_heartline_fleet_v1_ListenerReport__Output)[];
  /**
   * The verdict: every listener in force and no connection settling, failed or unverified.
   */
  'inForce'?: (boolean);
  /**
   * Since the worker started: sockets, listening and upstream ones included, whose keepalive values another process had
   * changed. They were repaired; in_force_since_unix_ms starts anew at the repair.
   */
  'drifted'?: (number);
}
