// SPDX-License-Identifier: Apache-2.0
import { conditionsOf } from '../compile/previous-status.js';
import type { Condition, KubeObject } from '../policy/kube-object.js';
import { objectName } from '../policy/object-name.js';
import { type Note, type NoteSubject, note } from './note.js';

/** What a new status of an object is told as: for each type of condition what its being True and False is called. */
const TOLD: Readonly<Record<string, Readonly<Record<string, Telling>>>> = {
  AgentgatewayPolicy: {
    Accepted: { isTold: ({ status }) => status === 'False' },
    Attached: { isTold: ({ status }) => status === 'False' },
    InForce: {
      isTold: ({ status, reason }) => status === 'True' || reason === 'Rejected',
    },
  },
  Gateway: {
    Programmed: {
      isTold: ({ status, reason }) => status === 'True' || reason === 'Invalid',
      reason: ({ status }) => (status === 'True' ? 'Programmed' : 'NotProgrammed'),
    },
  },
};

interface Telling {
  readonly isTold: (condition: Condition) => boolean;
  /** Default: the condition's own. */
  readonly reason?: (condition: Condition) => string;
}

/** What was told last of each condition, by its type. */
export type Told = ReadonlyMap<string, string>;

export interface StatusNotes {
  readonly notes: readonly Note[];
  readonly told: Told;
}

/**
 * What the status of an object says that was not told yet. What comes back unchanged for the same generation, such as
 * InForce after somebody else's change of the Gateway, is no news; after something else was told it is.
 */
export function statusNotes(object: KubeObject, before: Told): StatusNotes {
  const told = new Map(before);
  const notes: Note[] = [];
  for (const condition of conditionsOf(object.status)) {
    const telling = TOLD[object.kind]?.[condition.type];
    if (telling?.isTold(condition) !== true) continue;
    const { observedGeneration = 0, reason, status, type } = condition;
    const news = `${status} ${reason} ${observedGeneration}`;
    if (told.get(type) === news) continue;
    told.set(type, news);
    const kind = status === 'True' ? 'Normal' : 'Warning';
    notes.push(
      note(subjectOf(object), kind, telling.reason?.(condition) ?? reason, condition.message),
    );
  }
  return { notes, told };
}

/** What counts as told when nothing was: the status an object has when the control plane starts is no news. */
export function toldAlready(object: KubeObject): Told {
  return statusNotes(object, new Map()).told;
}

function subjectOf(object: KubeObject): NoteSubject {
  const { namespace, name } = objectName(object);
  return { apiVersion: object.apiVersion, kind: object.kind, namespace, name };
}
