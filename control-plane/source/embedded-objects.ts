// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import { compareText } from '../../shared/names/sort.js';
import type { Clock } from '../../shared/time/clock.js';
import type { Op } from '../log/transaction.js';
import type { Writer } from '../merge/manager.js';
import type { Admission } from '../policy/admission.js';
import {
  apiVersionOf,
  findKind,
  isNamespaceKind,
  type Kind,
  objectPrefix,
  statusKey,
} from '../policy/kinds.js';
import type { KubeObject } from '../policy/kube-object.js';
import { redactSecret } from '../policy/secret-data.js';
import type { Store } from '../store/store.js';
import { admitChanges, type Prepared } from './admit-changes.js';
import { emptyNamespace, endNamespaces, isNamespaceInUse } from './delete-namespace.js';
import { withGeneratedName } from './generated-name.js';
import { isBeingTerminated, isTerminating, missingNamespaces, newNamespace } from './namespaces.js';
import type { ApplyRequest, ChangeResult, ObjectDoor, SourceName, Target } from './object-door.js';
import { type Owner, planOwner, readOwner, refuseOwnedKind } from './ownership.js';
import { patchedChange } from './patched-change.js';
import { type Birth, planChange } from './plan-change.js';
import type { PlannedChange } from './planned-change.js';
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

/** One change of a request as it will be written. */
interface Step {
  readonly change: Target;
  readonly current: StoredObject | undefined;
  readonly planned: PlannedChange;
  readonly warnings: readonly string[];
}

/** Objects that live in our own log: validate → plan → one transaction. */
export function createObjectDoor(options: EmbeddedObjectsOptions): ObjectDoor {
  const { store, admission, clock, runningSources: running = ALL_SOURCES } = options;
  const find = (change: Target): StoredObject | undefined =>
    readStored(store.get, change.kind, change.namespace, change.name);
  const findGateway = (namespace: string, name: string): KubeObject | undefined =>
    gatewayKind && readStored(store.get, gatewayKind, namespace, name)?.object;
  const now = (): string => `${new Date(clock.wallMs()).toISOString().slice(0, 19)}Z`;
  const newBirth = (): Birth => ({ uid: options.randomUuid(), creationTimestamp: now() });
  const writerOf = ({ caller }: ApplyRequest, { kind, verb }: Prepared['change']): Writer => ({
    manager: caller.fieldManager ?? caller.actor,
    subresource: verb.endsWith('-status') ? 'status' : undefined,
    apiVersion: apiVersionOf(kind),
    time: now(),
  });

  /** The plan for the object and for its owner, who is written in the same transaction. */
  const plan = (prepared: Prepared, request: ApplyRequest): Step => {
    const { source = 'embedded', sourceDetail: detail = '' } = request.caller;
    const by: Owner = { source, detail };
    refuseOwnedKind(prepared.change, options.kindOwner?.(prepared.change.kind), by);
    const current = find(prepared.change);
    const writer = writerOf(request, prepared.change);
    const schema = admission.ownershipSchema(prepared.change.kind);
    const checks = { fieldValidation: request.fieldValidation, lint: { findGateway } };
    const { change, warnings } =
      'warnings' in prepared
        ? prepared
        : patchedChange(prepared.change, current, { admission, options: checks, writer });
    const isInUse = isNamespaceInUse(store, change);
    const planned = planChange(change, current, { birth: newBirth(), writer, schema, isInUse });
    if (
      change.verb === 'create' &&
      change.kind.namespaced &&
      isTerminating(store.get, change.namespace)
    ) {
      throw isBeingTerminated(change);
    }
    // A status belongs to whoever looks after the object, not to the source of what it should be.
    if (change.verb === 'replace-status') return { change, current, warnings, planned };
    const stored = { exists: current !== undefined, owner: readOwner(store.get, change) };
    // What is being deleted no source wants any more; those who hold it must be able to let it go.
    const outcome = isEnding(planned) ? 'deleted' : planned.outcome;
    const owner = planOwner(change, stored, { by, outcome, running });
    return { change, current, warnings, planned: { ...planned, ops: [...planned.ops, ...owner] } };
  };

  /** Returns the sequence of the write, 0 when nothing had to be written, undefined when the race was lost. */
  const commit = async (
    { caller: { actor, reason }, dryRun }: ApplyRequest,
    ops: readonly Op[],
  ): Promise<number | undefined> => {
    if (dryRun || ops.length === 0) return 0;
    const result = await store.commit({ actor, reason, time: clock.wallMs(), ops });
    return result.ok ? result.seq : undefined;
  };

  /** A namespace goes last: everything in it goes first, once it is known that the namespace may go. */
  const emptyNamespaces = async (
    prepared: readonly Prepared[],
    request: ApplyRequest,
  ): Promise<void> => {
    const { actor, reason, source = 'embedded', sourceDetail: detail = '' } = request.caller;
    const by: Owner = { source, detail };
    for (const one of prepared) {
      const { verb, kind, name } = one.change;
      if (verb !== 'delete' || !isNamespaceKind(kind) || request.dryRun) continue;
      plan(one, request);
      await emptyNamespace(name, {
        ...{ store, actor, reason, time: clock.wallMs(), now: now() },
        planOwner: (target) =>
          planOwner(
            target,
            { exists: true, owner: readOwner(store.get, target) },
            { by, outcome: 'deleted', running },
          ),
      });
    }
  };

  return {
    async applyObjects(request) {
      const changes = request.changes.map((change) =>
        withGeneratedName(change, (target) => find(target) !== undefined, options.randomUuid),
      );
      const prepared = admitChanges(admission, { ...request, changes }, { findGateway });
      await emptyNamespaces(prepared, request);
      for (let round = 0; round < MAX_ROUNDS; round += 1) {
        const steps = prepared.map((one) => plan(one, request));
        const created = steps.filter(({ planned }) => planned.outcome === 'created');
        const missing = missingNamespaces(
          created.map(({ change }) => change),
          store.get,
        );
        const seq = await commit(request, [
          ...missing.flatMap((name) => newNamespace(name, newBirth())),
          ...steps.flatMap(({ planned }) => planned.ops),
        ]);
        if (seq === undefined) continue;
        const ended = steps.filter(({ planned }) => isEnding(planned)).map(({ change }) => change);
        const { actor, reason } = request.caller;
        if (seq > 0) await endNamespaces(ended, { store, actor, reason, time: clock.wallMs() });
        return steps.map((step) => ({
          outcome: step.planned.outcome,
          object: resultObject(step, seq),
          warnings: [...namespaceWarnings(step, missing, request.dryRun), ...step.warnings],
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

/** Whether the object goes, now or as soon as nothing holds it. */
function isEnding({ outcome, object }: PlannedChange): boolean {
  return outcome === 'deleted' || object.metadata.deletionTimestamp !== undefined;
}

function namespaceWarnings(
  { change }: Step,
  missing: readonly string[],
  isDryRun: boolean,
): readonly string[] {
  const { namespace, kind } = change;
  if (!kind.namespaced || !missing.includes(namespace)) return [];
  const word = isDryRun ? 'does not exist and would be created' : 'did not exist and was created';
  return [`namespace ${JSON.stringify(namespace)} ${word}`];
}

function byName({ metadata: a }: KubeObject, { metadata: b }: KubeObject): number {
  return compareText(a.namespace ?? '', b.namespace ?? '') || compareText(a.name, b.name);
}

/** The object as it is after the write; a dry run shows the resourceVersion it was planned on. */
function resultObject({ planned, current }: Step, seq: number): ChangeResult['object'] {
  const { object, status, ops } = planned;
  if (current === undefined) {
    if (seq === 0) return redactSecret(object);
    return toClientObject({ object, revision: seq, status, statusRevision: 0 });
  }
  const written = planned.outcome === 'configured' && ops.length > 0 && seq > 0;
  return toClientObject({ ...current, object, status, ...(written ? { revision: seq } : {}) });
}
