// SPDX-License-Identifier: Apache-2.0
import { backendKey } from '../../shared/names/resource-keys.js';
import type { Backend } from '../../shared/proto/gen/agentgateway/dev/resource/Backend.js';
import { backendSpec } from '../policy/backend-spec.js';
import type { KubeObject } from '../policy/kube-object.js';
import { objectName } from '../policy/object-name.js';

/** The wire form of a static backend; undefined for every other one, whose routes then answer 500. */
export function compileBackend(object: KubeObject): Backend | undefined {
  const { static: address } = backendSpec(object);
  if (address === undefined) return undefined;
  const { name, namespace } = objectName(object);
  return {
    key: backendKey({ namespace, name }),
    name: { name, namespace },
    static: { host: address.host, port: address.port },
  };
}
