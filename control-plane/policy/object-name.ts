// SPDX-License-Identifier: Apache-2.0
import type { NamespacedName } from '../../shared/names/gateway-name.js';
import type { KubeObject } from './kube-object.js';

/** Namespace and name of an object; every kind we serve has both. */
export function objectName({ metadata }: KubeObject): NamespacedName {
  return { namespace: metadata.namespace ?? '', name: metadata.name };
}

/** `namespace/name` of an object, the key of indexes. */
export function objectId({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}
