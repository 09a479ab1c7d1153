// SPDX-License-Identifier: Apache-2.0
import type { HeartlineEvent, ResourceProblem } from '../../shared/events/event.js';
import { RESOURCE_TYPE_URL } from '../../shared/names/type-urls.js';
import { type Note, type NoteSubject, note } from './note.js';

/** Resources that a worker's events have complained about and that are not cleared yet. */
export type Complaints = ReadonlySet<string>;

export interface WorkerNotes {
  readonly notes: readonly Note[];
  readonly complaints: Complaints;
}

export type WorkerEvent = Extract<HeartlineEvent, { readonly worker: unknown }>;

/**
 * What an event says about the pod of its worker. A refusal stands in every later answer of the worker and is told once,
 * until it is cleared.
 */
export function workerNotes(event: WorkerEvent, pod: NoteSubject, before: Complaints): WorkerNotes {
  const say = (type: Note['type'], reason: string, message: string): WorkerNotes => ({
    notes: [note(pod, type, reason, message)],
    complaints: before,
  });
  switch (event.type) {
    case 'worker-connected':
      return say('Normal', 'WorkerConnected', 'the worker is connected');
    case 'worker-lost':
      return say('Warning', 'WorkerLost', `the worker is gone: ${event.reason}`);
    case 'stuck':
      return say('Warning', 'Stuck', 'the worker has not answered a version for 5 s');
    case 'drifted':
      return say(
        'Warning',
        'Drift',
        'another process changed keepalive values of sockets of the worker, which has repaired them',
      );
    case 'accepted':
    case 'rejected': {
      const troubles = event.warnings.filter((warning) => warning.class === 'environment');
      const refused = event.type === 'rejected' ? event.problems : [];
      return complain(event, pod, before, [...refused, ...troubles]);
    }
    case 'rejection-cleared':
      return clear(event.resources, pod, before);
    // In the log and in the metrics: one for every connection would drown the rest.
    case 'forwarded':
    case 'worker-described':
    case 'sent':
    case 'in-force':
      return { notes: [], complaints: before };
  }
}

function complain(
  { label, typeUrl }: WorkerEvent & { readonly type: 'accepted' | 'rejected' },
  pod: NoteSubject,
  before: Complaints,
  problems: readonly ResourceProblem[],
): WorkerNotes {
  const fresh = problems.filter(({ resource }) => !before.has(resource));
  const version = typeUrl === RESOURCE_TYPE_URL ? ` of version ${label}` : '';
  const notes = fresh.map(({ resource, message, class: kind }) => {
    const what = resource || 'the configuration';
    const words =
      kind === 'environment'
        ? `${what}${version} cannot run now, and is tried again: ${message}`
        : `${what}${version} is refused: ${message}`;
    return note(pod, 'Warning', 'Rejected', words);
  });
  return { notes, complaints: new Set([...before, ...fresh.map(({ resource }) => resource)]) };
}

function clear(resources: readonly string[], pod: NoteSubject, before: Complaints): WorkerNotes {
  const gone = new Set(resources);
  return {
    notes: resources.map((resource) =>
      note(pod, 'Normal', 'RejectionCleared', `${resource} is no longer refused or in trouble`),
    ),
    complaints: new Set([...before].filter((resource) => !gone.has(resource))),
  };
}
