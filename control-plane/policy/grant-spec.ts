// SPDX-License-Identifier: Apache-2.0
import type { KubeObject } from './kube-object.js';

/** spec of ReferenceGrant after admission: any `from` may refer to any `to` in the grant's own namespace. */
export interface GrantSpec {
  readonly from: readonly {
    readonly group: string;
    readonly kind: string;
    readonly namespace: string;
  }[];
  readonly to: readonly {
    readonly group: string;
    readonly kind: string;
    /** Absent: every object of the kind. */
    readonly name?: string;
  }[];
}

/** The spec of an admitted grant; the CRD made sure of its shape. */
export function grantSpec(object: KubeObject): GrantSpec {
  return object.spec as unknown as GrantSpec;
}
