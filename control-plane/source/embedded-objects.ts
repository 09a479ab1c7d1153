// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import { compareText } from '../../shared/names/sort.js';
import type { Clock } from '../../shared/time/clock.js';
import type { Admission } from '../policy/admission.js';
import { findKind, type Kind, objectPrefix, statusKey } from '../policy/kinds.js';
import type { KubeObject } from '../policy/kube-object.js';
import { redactSecret } from '../policy/secret-data.js';
import type { Store } from '../store/store.js';
import { admitChanges } from './admit-changes.js';
import type { ApplyRequest, ChangeResult, ObjectDoor, SourceName } from './object-door.js';
import { type Owner, planOwner, readOwner, refuseOwnedKind } from './ownership.js';
import { type AdmittedChange, type Birth, type PlannedChange, planChange } from './plan-change.js';
import { joinStatus, readStored, type StoredObject, toClientObject } from './stored-object.js';

export interface EmbeddedObjectsOptions {
  readonly store: Store;
  readonly admission: Admission;
  readonly clock: Pick<Clock, 'wallMs'>;
  readonly randomUuid: () => string;
  /** The sources whose objects nobody else may write. Default: all. */
  readonly runningSources?: ReadonlySet<SourceName>;
  /** The one source of all objects of a kind, existing or not; undefined or absent = whoever creates one owns it. */
  readonly kindOwner?: (kind: Kind) => Owner | undefined;
}

/** What is in front of a gateway, its annotation may say; warnings about policies depend on it. */
const gatewayKind = findKind('Gateway');
const ALL_SOURCES: ReadonlySet<SourceName> = new Set(['embedded', 'manifests', 'kubernetes']);

/**
 * How often a request is planned anew because somebody else wrote first. Each round somebody made
 * progress, so this many lost races in a row mean a writer that never rests.
 */
const MAX_ROUNDS = 16;

/** Objects that live in our own log: validate → plan → one transaction. */
export function createObjectDoor(options: EmbeddedObjectsOptions): ObjectDoor {
  const { store, admission, clock, runningSources: running = ALL_SOURCES } = options;
  const find = (change: AdmittedChange): StoredObject | undefined =>
    readStored(store.get, change.kind, change.namespace, change.name);
  const findGateway = (namespace: string, name: string): KubeObject | undefined =>
    gatewayKind && readStored(store.get, gatewayKind, namespace, name)?.object;
  const newBirth = (): Birth => ({
    uid: options.randomUuid(),
    creationTimestamp: `${new Date(clock.wallMs()).toISOString().slice(0, 19)}Z`,
  });

  /** The plan for the object and for its owner, who is written in the same transaction. */
  const plan = (
    change: AdmittedChange,
    current: StoredObject | undefined,
    by: Owner,
  ): PlannedChange => {
    refuseOwnedKind(change, options.kindOwner?.(change.kind), by);
    const planned = planChange(change, current, newBirth());
    const stored = { exists: current !== undefined, owner: readOwner(store.get, change) };
    const ownerOps = planOwner(change, stored, { by, outcome: planned.outcome, running });
    return ownerOps.length === 0 ? planned : { ...planned, ops: [...planned.ops, ...ownerOps] };
  };

  /** Returns the sequence of the write, 0 when nothing had to be written, undefined when the race was lost. */
  const commit = async (
    { caller: { actor, reason }, dryRun }: ApplyRequest,
    planned: readonly PlannedChange[],
  ): Promise<number | undefined> => {
    const ops = planned.flatMap((plan) => plan.ops);
    if (dryRun || ops.length === 0) return 0;
    const result = await store.commit({ actor, reason, time: clock.wallMs(), ops });
    return result.ok ? result.seq : undefined;
  };

  return {
    async applyObjects(request) {
      const admitted = admitChanges(admission, request, { findGateway });
      const { source = 'embedded', sourceDetail: detail = '' } = request.caller;
      const by: Owner = { source, detail };
      for (let round = 0; round < MAX_ROUNDS; round += 1) {
        const steps = admitted.map(({ change, warnings }) => {
          const current = find(change);
          return { warnings, current, planned: plan(change, current, by) };
        });
        const seq = await commit(
          request,
          steps.map(({ planned }) => planned),
        );
        if (seq === undefined) continue;
        return steps.map(({ planned, current, warnings }) => ({
          outcome: planned.outcome,
          object: resultObject(planned, current, seq),
          warnings,
        }));
      }
      throw new HeartlineError(
        'CONFLICT',
        `the objects changed ${MAX_ROUNDS} times while they were written: re-read and apply again`,
      );
    },
    get(kind, namespace, name) {
      const stored = readStored(store.get, kind, namespace, name);
      return stored && toClientObject(stored);
    },
    list(kind, namespace) {
      const within = namespace === undefined ? '' : `${namespace}/`;
      const { entries, seq } = store.list(`${objectPrefix(kind)}${within}`);
      const objects = entries.map((entry) => {
        const { name, namespace: own = '' } = (entry.value as unknown as KubeObject).metadata;
        return toClientObject(joinStatus(entry, store.get(statusKey(kind, own, name))));
      });
      // Keys sort `a-b/…` before `a/…`, names do not.
      objects.sort(byName);
      return { objects, resourceVersion: String(seq) };
    },
  };
}

function byName({ metadata: a }: KubeObject, { metadata: b }: KubeObject): number {
  return compareText(a.namespace ?? '', b.namespace ?? '') || compareText(a.name, b.name);
}

/** The object as it is after the write; a dry run shows the resourceVersion it was planned on. */
function resultObject(
  planned: PlannedChange,
  current: StoredObject | undefined,
  seq: number,
): ChangeResult['object'] {
  const { outcome, object } = planned;
  if (current === undefined) {
    if (seq === 0) return redactSecret(object);
    return toClientObject({ object, revision: seq, status: undefined, statusRevision: 0 });
  }
  const written = outcome === 'configured' && seq > 0;
  return toClientObject({ ...current, object, revision: written ? seq : current.revision });
}
