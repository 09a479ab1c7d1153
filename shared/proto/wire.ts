// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import protobuf from 'protobufjs';
import { HeartlineError } from '../errors/heartline-error.js';
import { DECODE_OPTIONS } from './decode-options.js';
import type { Resource, Resource__Output } from './gen/agentgateway/dev/resource/Resource.js';
import type { Node, Node__Output } from './gen/envoy/config/core/v3/Node.js';
import type {
  DeltaDiscoveryRequest,
  DeltaDiscoveryRequest__Output,
} from './gen/envoy/service/discovery/v3/DeltaDiscoveryRequest.js';
import type {
  DeltaDiscoveryResponse,
  DeltaDiscoveryResponse__Output,
} from './gen/envoy/service/discovery/v3/DeltaDiscoveryResponse.js';
import type {
  DiscoveryRequest,
  DiscoveryRequest__Output,
} from './gen/envoy/service/discovery/v3/DiscoveryRequest.js';
import type {
  DiscoveryResponse,
  DiscoveryResponse__Output,
} from './gen/envoy/service/discovery/v3/DiscoveryResponse.js';
import type { Status, Status__Output } from './gen/google/rpc/Status.js';
import type {
  ControlMessage,
  ControlMessage__Output,
} from './gen/heartline/fleet/v1/ControlMessage.js';
import type {
  WorkerMessage,
  WorkerMessage__Output,
} from './gen/heartline/fleet/v1/WorkerMessage.js';
import type { Address, Address__Output } from './gen/istio/workload/Address.js';
import { defaultProtoDir, listProtoFiles } from './proto-files.js';

/** Bytes to values and back for one message type. */
export interface Codec<Input, Output> {
  /** `type.googleapis.com/<full name>`, as in Any.type_url and xDS requests. */
  readonly typeUrl: string;
  /** Fields in ascending order, so equal messages give equal bytes. A field that is set is written, also when it holds its default. */
  encode(message: Input): Buffer;
  /** Throws HeartlineError INVALID_WIRE when the bytes are not a message of this type. Unknown fields are skipped. */
  decode(bytes: Uint8Array): Output;
}

/** Every message that crosses a process border. */
export interface Wire {
  readonly resource: Codec<Resource, Resource__Output>;
  readonly address: Codec<Address, Address__Output>;
  readonly deltaRequest: Codec<DeltaDiscoveryRequest, DeltaDiscoveryRequest__Output>;
  readonly deltaResponse: Codec<DeltaDiscoveryResponse, DeltaDiscoveryResponse__Output>;
  readonly discoveryRequest: Codec<DiscoveryRequest, DiscoveryRequest__Output>;
  readonly discoveryResponse: Codec<DiscoveryResponse, DiscoveryResponse__Output>;
  readonly node: Codec<Node, Node__Output>;
  readonly status: Codec<Status, Status__Output>;
  readonly workerMessage: Codec<WorkerMessage, WorkerMessage__Output>;
  readonly controlMessage: Codec<ControlMessage, ControlMessage__Output>;
}

/** Parses the .proto files once; call it once per process and hand the result around. */
export function loadWire(protoDir: string = defaultProtoDir()): Wire {
  const root = new protobuf.Root();
  root.resolvePath = (_origin, target) => join(protoDir, target);
  root.loadSync(listProtoFiles(protoDir)).resolveAll();
  return Object.freeze({
    resource: codec<Resource, Resource__Output>(root, 'agentgateway.dev.resource.Resource'),
    address: codec<Address, Address__Output>(root, 'istio.workload.Address'),
    deltaRequest: discoveryCodec<DeltaDiscoveryRequest, DeltaDiscoveryRequest__Output>(
      root,
      'DeltaDiscoveryRequest',
    ),
    deltaResponse: discoveryCodec<DeltaDiscoveryResponse, DeltaDiscoveryResponse__Output>(
      root,
      'DeltaDiscoveryResponse',
    ),
    discoveryRequest: discoveryCodec<DiscoveryRequest, DiscoveryRequest__Output>(
      root,
      'DiscoveryRequest',
    ),
    discoveryResponse: discoveryCodec<DiscoveryResponse, DiscoveryResponse__Output>(
      root,
      'DiscoveryResponse',
    ),
    node: codec<Node, Node__Output>(root, 'envoy.config.core.v3.Node'),
    status: codec<Status, Status__Output>(root, 'google.rpc.Status'),
    workerMessage: codec<WorkerMessage, WorkerMessage__Output>(
      root,
      'heartline.fleet.v1.WorkerMessage',
    ),
    controlMessage: codec<ControlMessage, ControlMessage__Output>(
      root,
      'heartline.fleet.v1.ControlMessage',
    ),
  });
}

function discoveryCodec<Input extends object, Output>(
  root: protobuf.Root,
  name: string,
): Codec<Input, Output> {
  return codec<Input, Output>(root, `envoy.service.discovery.v3.${name}`);
}

/** The two type arguments are the generated types of `fullName`; a test checks that gen/ is what the .proto files say. */
function codec<Input extends object, Output>(
  root: protobuf.Root,
  fullName: string,
): Codec<Input, Output> {
  const type = root.lookupType(fullName);
  return Object.freeze({
    typeUrl: `type.googleapis.com/${fullName}`,
    encode(message: Input): Buffer {
      const bytes = type.encode(type.fromObject(message)).finish();
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    },
    decode(bytes: Uint8Array): Output {
      try {
        return type.toObject(type.decode(bytes), DECODE_OPTIONS) as Output;
      } catch (cause) {
        throw new HeartlineError(
          'INVALID_WIRE',
          `these ${bytes.length} bytes are no ${fullName} message`,
          {
            subject: fullName,
            cause,
          },
        );
      }
    },
  });
}
