// SPDX-License-Identifier: Apache-2.0
import { hash as digest } from 'node:crypto';
import type { WorkerRef } from '../../shared/events/event.js';
import type { JsonValue } from '../log/transaction.js';
import type { StandingRejection, WorkerRejections } from './worker-rejections.js';

export const REJECTION_PREFIX = 'rejection/';

/** Raised when the shape below changes; a record of another number is read as none, and content is sent once more. */
const FORMAT = 1;

/**
 * Where the record of a worker lives. A digest: the key holds a node id, which the worker chose and which may be of any
 * length, and lmdb's keys may not.
 */
export function rejectionKey(workerKey: string): string {
  return `${REJECTION_PREFIX}${digest('sha256', workerKey).slice(0, 32)}`;
}

/** Refusals of one reason: a response refused as a whole says its reason once for all of its resources. */
interface Group {
  readonly typeUrl: string;
  readonly message: string;
  readonly whole: boolean;
  /** Name, content hash (null = its removal was refused), since when. */
  readonly resources: (readonly [string, string | null, number])[];
}

/** What outlives a restart: final refusals. What the environment refuses is told anew by whoever has the trouble. */
export function toRecord(rejections: WorkerRejections): JsonValue | undefined {
  const groups = new Map<string, Group>();
  for (const one of rejections.standing) {
    if (one.class !== 'invalid' || one.held) continue;
    const { typeUrl, message, whole } = one;
    const key = JSON.stringify([typeUrl, message, whole]);
    const group = groups.get(key) ?? { typeUrl, message, whole, resources: [] };
    group.resources.push([one.resource, one.hash ?? null, one.sinceMs]);
    groups.set(key, group);
  }
  if (groups.size === 0) return undefined;
  const { worker, build, lastMs } = rejections;
  const record = { format: FORMAT, worker, build, lastMs, refused: [...groups.values()] };
  return record as unknown as JsonValue;
}

/** Undefined when another release wrote it in another shape. */
export function fromRecord(value: JsonValue): WorkerRejections | undefined {
  const record = value as unknown as {
    readonly format?: number;
    readonly worker: WorkerRef;
    readonly build: string;
    readonly lastMs: number;
    readonly refused: readonly Group[];
  };
  if (record.format !== FORMAT) return undefined;
  const { worker, build, lastMs, refused } = record;
  const standing = refused.flatMap(({ typeUrl, message, whole, resources }) =>
    resources.map(([resource, hash, sinceMs]): StandingRejection => {
      const kind = { class: 'invalid', whole, held: false } as const;
      return { ...kind, typeUrl, resource, hash: hash ?? undefined, message, sinceMs };
    }),
  );
  return { worker, build, lastMs, standing };
}
