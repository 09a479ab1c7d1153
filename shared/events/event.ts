// SPDX-License-Identifier: Apache-2.0
import type { NamespacedName } from '../names/gateway-name.js';

/** What every event carries. Its id follows from cause, subject and step: `eventId`. */
export interface EventHead {
  /** Log sequence of the transaction that caused it; 0 when no transaction did. */
  readonly cause: number;
  /** Tells apart several events of one cause and subject. */
  readonly step: string;
  /** Process that saw it, e.g. `control-plane` or a worker's node id. */
  readonly source: string;
  /** Counts the events of one source, from 1, without holes. */
  readonly n: number;
  /** Milliseconds since the Unix epoch. */
  readonly time: number;
}

/** A gateway of one cluster: the unit that versions, streams and workers share. */
export interface GatewayRef extends NamespacedName {
  readonly cluster: string;
}

/** A live worker: identity plus node id; `key` is unique in the fleet. */
export interface WorkerRef {
  readonly key: string;
  readonly nodeId: string;
  readonly gateway: GatewayRef;
}

/** Where a worker says it runs. Only shown: nothing connects to an address that a worker claims. */
export interface WorkerPlace {
  /** Empty when unknown. */
  readonly nodeName: string;
  /** An IP address; empty when unknown. */
  readonly podIp: string;
  /** Milliseconds since the Unix epoch by the worker's clock; 0 when unknown. */
  readonly startedAtMs: number;
  /** As bound; 0 when unknown. */
  readonly ports: {
    readonly admin: number;
    readonly stats: number;
    readonly readiness: number;
  };
}

/** The servers of a worker that can be forwarded. */
export type ForwardTarget = 'admin' | 'readiness' | 'stats';

/** Numbers a worker reports about one applied version. */
export interface InForceCounts {
  readonly open: number;
  readonly inForce: number;
  readonly settling: number;
  readonly deferred: number;
  readonly settingsPending: number;
  readonly failed: number;
  readonly unverified: number;
  readonly newOnly: number;
  /** Sockets whose values another process had changed, since the worker's start; repaired. */
  readonly drifted: number;
}

/**
 * Why a worker cannot run a resource. `invalid`: its content, so it stays refused until that changes. `environment`: what
 * is around the worker (a port in use, no descriptors left); the worker tries again by itself.
 */
export type RejectionClass = 'environment' | 'invalid';

export interface ResourceProblem {
  /** Resource.name, or the empty string when the worker named none. */
  readonly resource: string;
  readonly message: string;
  /** Absent = `invalid`, and for a warning: nothing to do with running it. */
  readonly class?: RejectionClass;
}

/** The steps of a change through the system, each published where it happens. */
export type EventBody =
  | {
      readonly type: 'applied';
      readonly seq: number;
      readonly actor: string;
      readonly reason: string;
      readonly keys: readonly string[];
    }
  | { readonly type: 'compiled'; readonly gateway: GatewayRef; readonly hash: string }
  | {
      readonly type: 'published';
      readonly gateway: GatewayRef;
      readonly label: string;
      readonly hash: string;
    }
  | {
      readonly type: 'worker-connected';
      readonly worker: WorkerRef;
      /** The worker's own pod; empty parts when it did not say. */
      readonly pod: NamespacedName;
      readonly address: string;
      /** Program and version as far as it says; the empty string when it does not. */
      readonly build: string;
    }
  /** A connection of a port-forward to a server of the worker itself was opened, or is over. */
  | {
      readonly type: 'forwarded';
      readonly worker: WorkerRef;
      readonly pod: NamespacedName;
      readonly actor: string;
      readonly target: ForwardTarget;
      readonly phase: 'closed' | 'opened';
      /** To the worker; 0 when it was opened. */
      readonly bytesIn: number;
      /** From the worker; 0 when it was opened. */
      readonly bytesOut: number;
    }
  | { readonly type: 'worker-described'; readonly worker: WorkerRef; readonly place: WorkerPlace }
  | { readonly type: 'worker-lost'; readonly worker: WorkerRef; readonly reason: string }
  | {
      readonly type: 'sent';
      readonly worker: WorkerRef;
      readonly typeUrl: string;
      readonly label: string;
      readonly resources: number;
      readonly removed: number;
    }
  | {
      readonly type: 'accepted';
      readonly worker: WorkerRef;
      readonly typeUrl: string;
      readonly label: string;
      readonly warnings: readonly ResourceProblem[];
    }
  | {
      readonly type: 'rejected';
      readonly worker: WorkerRef;
      readonly typeUrl: string;
      readonly label: string;
      readonly problems: readonly ResourceProblem[];
      readonly warnings: readonly ResourceProblem[];
    }
  /** What a worker had refused, or could not run, is no longer on record: it was fixed, replaced or forgotten. */
  | {
      readonly type: 'rejection-cleared';
      readonly worker: WorkerRef;
      readonly typeUrl: string;
      /** Sorted. */
      readonly resources: readonly string[];
    }
  /** A worker has not answered a response for 5 s; the next outcome ends that. */
  | {
      readonly type: 'stuck';
      readonly worker: WorkerRef;
      readonly typeUrl: string;
      readonly label: string;
    }
  | {
      readonly type: 'in-force';
      readonly worker: WorkerRef;
      readonly label: string;
      readonly inForce: boolean;
      readonly sinceMs: number;
      readonly counts: InForceCounts;
      readonly listenerErrors: readonly ResourceProblem[];
    }
  /** Another process had changed keepalive values of a worker's sockets; the worker has repaired them. */
  | {
      readonly type: 'drifted';
      readonly worker: WorkerRef;
      /** Since the worker's report before. */
      readonly sockets: number;
    };

export type EventType = EventBody['type'];
export type HeartlineEvent = EventHead & EventBody;
