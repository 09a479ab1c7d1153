// SPDX-License-Identifier: Apache-2.0
import type { NamespacedName } from '../../shared/names/gateway-name.js';

/** What an event is about: core/v1 ObjectReference, the parts that name an object. */
export interface NoteSubject extends NamespacedName {
  readonly apiVersion: string;
  readonly kind: string;
}

/** Something worth telling Kubernetes users, before it is counted and kept. */
export interface Note {
  readonly about: NoteSubject;
  readonly type: 'Normal' | 'Warning';
  /** One CamelCase word. */
  readonly reason: string;
  readonly message: string;
}

const MAX_MESSAGE_CHARS = 1_000;

export function note(
  about: NoteSubject,
  type: Note['type'],
  reason: string,
  message: string,
): Note {
  const isLong = message.length > MAX_MESSAGE_CHARS;
  const words = isLong ? `${message.slice(0, MAX_MESSAGE_CHARS)}…` : message;
  return { about, type, reason, message: words };
}
