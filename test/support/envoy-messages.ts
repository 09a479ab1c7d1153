// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import protobuf from 'protobufjs';

const FILES = [
  'envoy/config/cluster/v3/cluster.proto',
  'envoy/config/endpoint/v3/endpoint.proto',
  'envoy/config/listener/v3/listener.proto',
  'envoy/config/route/v3/route.proto',
  'envoy/extensions/filters/http/router/v3/router.proto',
  'envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.proto',
];
const FOLDERS = ['envoy-api', 'xds', 'googleapis', 'protoc-gen-validate'];

/** Encodes messages of Envoy's API, from the .proto files that the gRPC client brings along. */
export interface EnvoyMessages {
  /** `message` is in JSON form, with camelCase names; `name` is the full name of its type. */
  encode(name: string, message: object): Buffer;
  any(name: string, message: object): { readonly type_url: string; readonly value: Buffer };
}

export function loadEnvoyMessages(): EnvoyMessages {
  const root = new protobuf.Root();
  const deps = join(packageFolder('@grpc/grpc-js-xds'), 'deps');
  root.resolvePath = (_origin, target) =>
    FOLDERS.map((folder) => join(deps, folder, target)).find(existsSync) ?? target;
  root.loadSync(FILES).resolveAll();
  const encode = (name: string, message: object): Buffer => {
    const type = root.lookupType(name);
    return Buffer.from(type.encode(type.fromObject(message)).finish());
  };
  return {
    encode,
    any: (name, message) => ({
      type_url: `type.googleapis.com/${name}`,
      value: encode(name, message),
    }),
  };
}

function packageFolder(name: string): string {
  return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
}
