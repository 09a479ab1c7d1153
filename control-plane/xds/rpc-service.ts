// SPDX-License-Identifier: Apache-2.0
import type {
  MethodDefinition,
  ServiceDefinition,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';

/** A gRPC service that can be put on the server, and ended with it. */
export interface RpcService {
  /** Full name of the service, for health checks. */
  readonly name: string;
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
  /** Ends every open call with UNAVAILABLE: clients come back with a short delay. */
  stop(): void;
}

/** A bidirectional method whose messages are bytes on both sides: what is shared is written as it is. */
export function rawStreamMethod(service: string, method: string): MethodDefinition<Buffer, Buffer> {
  const asItIs = (bytes: Buffer): Buffer => bytes;
  return {
    path: `/${service}/${method}`,
    requestStream: true,
    responseStream: true,
    requestSerialize: asItIs,
    requestDeserialize: asItIs,
    responseSerialize: asItIs,
    responseDeserialize: asItIs,
  };
}
