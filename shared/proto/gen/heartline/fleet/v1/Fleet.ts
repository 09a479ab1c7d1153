// SPDX-License-Identifier: Apache-2.0
// Written by `npm run gen` from proto/. Do not edit.
import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { ControlMessage as _heartline_fleet_v1_ControlMessage, ControlMessage__Output as _heartline_fleet_v1_ControlMessage__Output } from '../../../heartline/fleet/v1/ControlMessage.js';
import type { WorkerMessage as _heartline_fleet_v1_WorkerMessage, WorkerMessage__Output as _heartline_fleet_v1_WorkerMessage__Output } from '../../../heartline/fleet/v1/WorkerMessage.js';

/**
 * What xDS cannot say: an ACK means "accepted", these reports mean "in force, read back from the kernel".
 */
export interface FleetClient extends grpc.Client {
  /**
   * Opened by a worker with the token of its xDS stream. The worker sends Hello first and waits for Welcome before it reports.
   * A control plane that answers UNIMPLEMENTED is a foreign one: the worker stays quiet and does not try again on that connection.
   */
  Connect(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_heartline_fleet_v1_WorkerMessage, _heartline_fleet_v1_ControlMessage__Output>;
  Connect(options?: grpc.CallOptions): grpc.ClientDuplexStream<_heartline_fleet_v1_WorkerMessage, _heartline_fleet_v1_ControlMessage__Output>;
  /**
   * Opened by a worker with the token of its xDS stream. The worker sends Hello first and waits for Welcome before it reports.
   * A control plane that answers UNIMPLEMENTED is a foreign one: the worker stays quiet and does not try again on that connection.
   */
  connect(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_heartline_fleet_v1_WorkerMessage, _heartline_fleet_v1_ControlMessage__Output>;
  connect(options?: grpc.CallOptions): grpc.ClientDuplexStream<_heartline_fleet_v1_WorkerMessage, _heartline_fleet_v1_ControlMessage__Output>;

}

/**
 * What xDS cannot say: an ACK means "accepted", these reports mean "in force, read back from the kernel".
 */
export interface FleetHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Opened by a worker with the token of its xDS stream. The worker sends Hello first and waits for Welcome before it reports.
   * A control plane that answers UNIMPLEMENTED is a foreign one: the worker stays quiet and does not try again on that connection.
   */
  Connect: grpc.handleBidiStreamingCall<_heartline_fleet_v1_WorkerMessage__Output, _heartline_fleet_v1_ControlMessage>;

}

export interface FleetDefinition extends grpc.ServiceDefinition {
  Connect: MethodDefinition<_heartline_fleet_v1_WorkerMessage, _heartline_fleet_v1_ControlMessage, _heartline_fleet_v1_WorkerMessage__Output, _heartline_fleet_v1_ControlMessage__Output>
}
