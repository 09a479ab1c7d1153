// SPDX-License-Identifier: Apache-2.0
import { gatewaySpec } from '../policy/gateway-spec.js';
import type { KubeObject } from '../policy/kube-object.js';
import { objectName } from '../policy/object-name.js';
import type { Referent } from './referents.js';

/** The Secrets that the listeners of a Gateway name, allowed or not. */
export function certificateReferents(gateway: KubeObject): readonly Referent[] {
  const own = objectName(gateway).namespace;
  return gatewaySpec(gateway)
    .listeners.flatMap(({ tls }) => tls?.certificateRefs ?? [])
    .map(({ group, kind, namespace = own, name }) => ({ group, kind, namespace, name }));
}
