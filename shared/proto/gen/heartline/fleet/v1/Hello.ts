// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
import type { Long } from '@grpc/proto-loader';

/**
 * Who the worker is. The token decides what it may claim; these fields only select.
 */
export interface Hello {
  /**
   * The node.id of the worker's xDS stream, byte for byte: it joins the two streams.
   */
  'nodeId'?: (string);
  /**
   * Cluster name as given by --cluster.
   */
  'cluster'?: (string);
  /**
   * Namespace of the Gateway the worker serves.
   */
  'gatewayNamespace'?: (string);
  /**
   * Name of the Gateway the worker serves.
   */
  'gatewayName'?: (string);
  /**
   * Version of the worker's program, such as 0.1.0.
   */
  'build'?: (string);
  /**
   * Namespace of the worker's pod; not the Gateway's.
   */
  'podNamespace'?: (string);
  /**
   * Name of the worker's pod.
   */
  'podName'?: (string);
  /**
   * When the worker's process started: milliseconds since 1970 UTC by the worker's clock.
   */
  'startedAtUnixMs'?: (number | string | Long);
  /**
   * The machine the worker runs on, as Kubernetes or its host name says; only shown, never connected to. So are the next four.
   */
  'nodeName'?: (string);
  /**
   * The address that the worker's own HTTP ports are bound to; its pod's address where they are bound to all.
   */
  'podIp'?: (string);
  /**
   * Port of /config_dump and the rest of the admin endpoints, as bound.
   */
  'adminPort'?: (number);
  /**
   * Port of /metrics, as bound.
   */
  'statsPort'?: (number);
  /**
   * Port of /healthz/ready, as bound.
   */
  'readinessPort'?: (number);
  /**
   * Tunnels the worker carries at once; 0 = none: it knows nothing of them.
   */
  'maxTunnels'?: (number);
}

/**
 * Who the worker is. The token decides what it may claim; these fields only select.
 */
export interface Hello__Output {
  /**
   * The node.id of the worker's xDS stream, byte for byte: it joins the two streams.
   */
  'nodeId'?: (string);
  /**
   * Cluster name as given by --cluster.
   */
  'cluster'?: (string);
  /**
   * Namespace of the Gateway the worker serves.
   */
  'gatewayNamespace'?: (string);
  /**
   * Name of the Gateway the worker serves.
   */
  'gatewayName'?: (string);
  /**
   * Version of the worker's program, such as 0.1.0.
   */
  'build'?: (string);
  /**
   * Namespace of the worker's pod; not the Gateway's.
   */
  'podNamespace'?: (string);
  /**
   * Name of the worker's pod.
   */
  'podName'?: (string);
  /**
   * When the worker's process started: milliseconds since 1970 UTC by the worker's clock.
   */
  'startedAtUnixMs'?: (number);
  /**
   * The machine the worker runs on, as Kubernetes or its host name says; only shown, never connected to. So are the next four.
   */
  'nodeName'?: (string);
  /**
   * The address that the worker's own HTTP ports are bound to; its pod's address where they are bound to all.
   */
  'podIp'?: (string);
  /**
   * Port of /config_dump and the rest of the admin endpoints, as bound.
   */
  'adminPort'?: (number);
  /**
   * Port of /metrics, as bound.
   */
  'statsPort'?: (number);
  /**
   * Port of /healthz/ready, as bound.
   */
  'readinessPort'?: (number);
  /**
   * Tunnels the worker carries at once; 0 = none: it knows nothing of them.
   */
  'maxTunnels'?: (number);
}
