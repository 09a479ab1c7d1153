// SPDX-License-Identifier: Apache-2.0
import { backendKey } from '../../shared/names/resource-keys.js';
import type { Backend } from '../../shared/proto/gen/agentgateway/dev/resource/Backend.js';
import { backendSpec } from '../policy/backend-spec.js';
import type { KubeObject } from '../policy/kube-object.js';
import { objectName } from '../policy/object-name.js';

/**
 * Why a backend is not compiled, or undefined when it is. Policies of its own may be TLS or credentials, and
 * a connection without them could reach what it should not: such a backend is not served until they are.
 */
export function unservedReason(object: KubeObject): string | undefined {
  const spec = backendSpec(object);
  if (spec.static === undefined) return 'only static backends are served by this control plane yet';
  if (spec.policies === undefined) return undefined;
  return 'spec.policies is not supported by this control plane yet';
}

/** The wire form of a served backend; undefined for every other one, whose routes then answer 500. */
export function compileBackend(object: KubeObject): Backend | undefined {
  const { static: address } = backendSpec(object);
  if (address === undefined || unservedReason(object) !== undefined) return undefined;
  const { name, namespace } = objectName(object);
  return {
    key: backendKey({ namespace, name }),
    name: { name, namespace },
    static: { host: address.host, port: address.port },
  };
}
