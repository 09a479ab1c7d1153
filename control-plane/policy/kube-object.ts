// SPDX-License-Identifier: Apache-2.0
import type { JsonValue } from '../log/transaction.js';

/** metav1.ObjectMeta, the parts we keep. */
export interface ObjectMeta {
  readonly name: string;
  /** The beginning of a name that the server completed. */
  readonly generateName?: string;
  /** Absent on cluster-scoped kinds. */
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  /** Counts changes of spec, from 1; status never bumps it. */
  readonly generation?: number;
  /** RFC 3339, whole seconds, UTC. */
  readonly creationTimestamp?: string;
  readonly labels?: { readonly [key: string]: string };
  readonly annotations?: { readonly [key: string]: string };
  /** When its deletion was asked for; it goes when its last finalizer does. RFC 3339, whole seconds, UTC. */
  readonly deletionTimestamp?: string;
  /** Beside deletionTimestamp, and always 0. */
  readonly deletionGracePeriodSeconds?: number;
  /** Who wants to do something before the object goes. */
  readonly finalizers?: readonly string[];
  /** Kept and never acted on. */
  readonly ownerReferences?: readonly OwnerReference[];
  /** Who owns which fields (metav1.ManagedFieldsEntry, see `merge/manager.ts`). */
  readonly managedFields?: readonly JsonValue[];
}

/** metav1.OwnerReference. */
export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** metav1.Condition. */
export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly observedGeneration?: number;
  readonly lastTransitionTime: string;
  readonly reason: string;
  readonly message: string;
}

/** Any object of a kind we serve. `spec` is typed by the kind's own type once it was validated. */
export interface KubeObject<Spec = JsonValue, Status = JsonValue> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly spec?: Spec;
  readonly status?: Status;
}
