// SPDX-License-Identifier: Apache-2.0
import type { JsonValue } from '../log/transaction.js';
import type { KubeObject } from '../policy/kube-object.js';
import { unservedReason } from './compile-backends.js';
import { stampConditions } from './conditions.js';
import { conditionsOf } from './previous-status.js';

export interface BackendStatusInput {
  readonly backend: KubeObject;
  readonly previous: JsonValue | undefined;
  readonly now: string;
}

/** status of AgentgatewayBackend: whether routes can use it. */
export function backendStatus({ backend, previous, now }: BackendStatusInput): JsonValue {
  const unserved = unservedReason(backend);
  const accepted =
    unserved === undefined
      ? ({ status: 'True', reason: 'Accepted', message: 'the backend is accepted' } as const)
      : ({
          status: 'False',
          reason: 'Invalid',
          message: `${unserved}; traffic to it is refused`,
        } as const);
  const stamp = {
    generation: backend.metadata.generation,
    now,
    previous: conditionsOf(previous),
  };
  const conditions = stampConditions([{ type: 'Accepted', ...accepted }], stamp);
  return { conditions } as unknown as JsonValue;
}
