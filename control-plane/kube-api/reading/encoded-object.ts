// SPDX-License-Identifier: Apache-2.0
import type { KubeObject } from '../../policy/kube-object.js';

/** JSON bytes of objects. Objects never change, a change is another object, so they can be kept. */
export interface ObjectEncoder {
  /** As it is. */
  object(object: KubeObject): Buffer;
  /** As metav1.PartialObjectMetadata. */
  metadata(object: KubeObject): Buffer;
}

/** Encodes anew each time: for versions of objects that will not be asked for again. */
export const FORGETFUL_ENCODER: ObjectEncoder = {
  object: (object) => Buffer.from(JSON.stringify(object)),
  metadata: ({ metadata }) =>
    Buffer.from(
      JSON.stringify({ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata }),
    ),
};

/** Remembers; bytes live as long as their objects. */
export function createObjectEncoder(): ObjectEncoder {
  return {
    object: remember(FORGETFUL_ENCODER.object),
    metadata: remember(FORGETFUL_ENCODER.metadata),
  };
}

function remember(encode: (object: KubeObject) => Buffer): (object: KubeObject) => Buffer {
  const known = new WeakMap<KubeObject, Buffer>();
  return (object) => {
    let bytes = known.get(object);
    if (bytes === undefined) {
      bytes = encode(object);
      known.set(object, bytes);
    }
    return bytes;
  };
}
