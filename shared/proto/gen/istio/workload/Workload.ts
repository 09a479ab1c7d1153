// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
import type { TunnelProtocol as _istio_workload_TunnelProtocol, TunnelProtocol__Output as _istio_workload_TunnelProtocol__Output } from '../../istio/workload/TunnelProtocol.js';
import type { GatewayAddress as _istio_workload_GatewayAddress, GatewayAddress__Output as _istio_workload_GatewayAddress__Output } from '../../istio/workload/GatewayAddress.js';
import type { WorkloadType as _istio_workload_WorkloadType, WorkloadType__Output as _istio_workload_WorkloadType__Output } from '../../istio/workload/WorkloadType.js';
import type { WorkloadStatus as _istio_workload_WorkloadStatus, WorkloadStatus__Output as _istio_workload_WorkloadStatus__Output } from '../../istio/workload/WorkloadStatus.js';
import type { PortList as _istio_workload_PortList, PortList__Output as _istio_workload_PortList__Output } from '../../istio/workload/PortList.js';
import type { ApplicationTunnel as _istio_workload_ApplicationTunnel, ApplicationTunnel__Output as _istio_workload_ApplicationTunnel__Output } from '../../istio/workload/ApplicationTunnel.js';
import type { Locality as _istio_workload_Locality, Locality__Output as _istio_workload_Locality__Output } from '../../istio/workload/Locality.js';
import type { NetworkMode as _istio_workload_NetworkMode, NetworkMode__Output as _istio_workload_NetworkMode__Output } from '../../istio/workload/NetworkMode.js';
import type { Extension as _istio_workload_Extension, Extension__Output as _istio_workload_Extension__Output } from '../../istio/workload/Extension.js';
import type { UInt32Value as _google_protobuf_UInt32Value, UInt32Value__Output as _google_protobuf_UInt32Value__Output } from '../../google/protobuf/UInt32Value.js';

/**
 * One endpoint.
 */
export interface Workload {
  'name'?: (string);
  'namespace'?: (string);
  /**
   * 4 or 16 bytes each.
   */
  'addresses'?: (Buffer | Uint8Array | string)[];
  'network'?: (string);
  'tunnelProtocol'?: (_istio_workload_TunnelProtocol);
  'trustDomain'?: (string);
  'serviceAccount'?: (string);
  'waypoint'?: (_istio_workload_GatewayAddress | null);
  'node'?: (string);
  'canonicalName'?: (string);
  'canonicalRevision'?: (string);
  'workloadType'?: (_istio_workload_WorkloadType);
  'workloadName'?: (string);
  'nativeTunnel'?: (boolean);
  'status'?: (_istio_workload_WorkloadStatus);
  'clusterId'?: (string);
  /**
   * Primary key, the same in every cluster of a mesh.
   */
  'uid'?: (string);
  'hostname'?: (string);
  /**
   * NAMESPACE/HOSTNAME of a service to the ports this endpoint serves it on.
   */
  'services'?: ({[key: string]: _istio_workload_PortList});
  'applicationTunnel'?: (_istio_workload_ApplicationTunnel | null);
  'locality'?: (_istio_workload_Locality | null);
  'networkMode'?: (_istio_workload_NetworkMode);
  'extensions'?: (_istio_workload_Extension)[];
  /**
   * Relative weight; absent is 1.
   */
  'capacity'?: (_google_protobuf_UInt32Value | null);
}

/**
 * One endpoint.
 */
export interface Workload__Output {
  'name'?: (string);
  'namespace'?: (string);
  /**
   * 4 or 16 bytes each.
   */
  'addresses': (Buffer)[];
  'network'?: (string);
  'tunnelProtocol'?: (_istio_workload_TunnelProtocol__Output);
  'trustDomain'?: (string);
  'serviceAccount'?: (string);
  'waypoint'?: (_istio_workload_GatewayAddress__Output);
  'node'?: (string);
  'canonicalName'?: (string);
  'canonicalRevision'?: (string);
  'workloadType'?: (_istio_workload_WorkloadType__Output);
  'workloadName'?: (string);
  'nativeTunnel'?: (boolean);
  'status'?: (_istio_workload_WorkloadStatus__Output);
  'clusterId'?: (string);
  /**
   * Primary key, the same in every cluster of a mesh.
   */
  'uid'?: (string);
  'hostname'?: (string);
  /**
   * NAMESPACE/HOSTNAME of a service to the ports this endpoint serves it on.
   */
  'services'?: ({[key: string]: _istio_workload_PortList__Output});
  'applicationTunnel'?: (_istio_workload_ApplicationTunnel__Output);
  'locality'?: (_istio_workload_Locality__Output);
  'networkMode'?: (_istio_workload_NetworkMode__Output);
  'extensions': (_istio_workload_Extension__Output)[];
  /**
   * Relative weight; absent is 1.
   */
  'capacity'?: (_google_protobuf_UInt32Value__Output);
}
