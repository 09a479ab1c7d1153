// SPDX-License-Identifier: Apache-2.0
import type { KubeObject } from '../../policy/kube-object.js';

/** JSON bytes of objects, encoded once for each: objects never change, a change is another object. */
export interface ObjectEncoder {
  /** As it is. */
  object(object: KubeObject): Buffer;
  /** As metav1.PartialObjectMetadata. */
  metadata(object: KubeObject): Buffer;
}

/** Bytes live as long as their objects. */
export function createObjectEncoder(): ObjectEncoder {
  return {
    object: remember(JSON.stringify),
    metadata: remember(({ metadata }) =>
      JSON.stringify({ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata }),
    ),
  };
}

function remember(encode: (object: KubeObject) => string): (object: KubeObject) => Buffer {
  const known = new WeakMap<KubeObject, Buffer>();
  return (object) => {
    let bytes = known.get(object);
    if (bytes === undefined) {
      bytes = Buffer.from(encode(object));
      known.set(object, bytes);
    }
    return bytes;
  };
}
