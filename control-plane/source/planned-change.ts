// SPDX-License-Identifier: Apache-2.0
import type { JsonValue, Op } from '../log/transaction.js';
import type { KubeObject } from '../policy/kube-object.js';
import type { ChangeResult } from './object-door.js';

/** What a change means for what is stored. */
export interface PlannedChange {
  readonly outcome: ChangeResult['outcome'];
  /** As it will be stored; after a delete: as it was. */
  readonly object: KubeObject;
  /** As it will be stored. */
  readonly status: JsonValue | undefined;
  /** Empty when nothing has to be written. */
  readonly ops: readonly Op[];
}
