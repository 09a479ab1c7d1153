// SPDX-License-Identifier: Apache-2.0
import { loadSync, type PackageDefinition } from '@grpc/proto-loader';
import { DECODE_OPTIONS } from './decode-options.js';
import { defaultProtoDir, listProtoFiles } from './proto-files.js';

/** All services and messages for gRPC servers, clients and reflection. Parses the files again on each call: call it once. */
export function loadPackageDefinition(protoDir: string = defaultProtoDir()): PackageDefinition {
  return loadSync(listProtoFiles(protoDir), {
    ...DECODE_OPTIONS,
    keepCase: false,
    includeDirs: [protoDir],
  });
}
