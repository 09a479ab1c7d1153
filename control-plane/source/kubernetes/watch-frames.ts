// SPDX-License-Identifier: Apache-2.0
import { isJsonObject } from '../../policy/structural-schema.js';
import { readClusterObject } from './cluster-object.js';
import { type ClusterAnswer, failureOf } from './failure.js';
import type { ReflectorInput } from './reflector-machine.js';

/** Longer than any object a cluster can store (etcd takes 1.5 MB), so that a stream without line ends stays small. */
const MAX_FRAME_CHARACTERS = 16 * 1_048_576;

/** Cuts a watch stream into its lines; what follows the last line end waits for more. */
export interface FrameSplitter {
  /** Complete lines so far, without blank ones. Undefined when a line is longer than any can be. */
  take(chunk: Buffer): readonly string[] | undefined;
}

export function createFrameSplitter(maxCharacters = MAX_FRAME_CHARACTERS): FrameSplitter {
  const decoder = new TextDecoder();
  let rest = '';
  return {
    take(chunk) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > maxCharacters) return undefined;
      return lines.filter((line) => line.trim() !== '');
    },
  };
}

/** One line of a watch (`{"type": …, "object": …}`) as the machine takes it. */
export function readFrame(line: string): ReflectorInput {
  let frame: unknown;
  try {
    frame = JSON.parse(line);
  } catch {
    return unintelligible('a line of the watch is no JSON');
  }
  if (!isJsonObject(frame)) return unintelligible('a line of the watch is no object');
  const { type, object } = frame;
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
    case 'BOOKMARK': {
      const read = readClusterObject(object, type === 'BOOKMARK');
      if (read === undefined) return unintelligible(`a ${type} event carries no object`);
      return { type: 'event', change: CHANGES[type], object: read };
    }
    case 'ERROR':
      return { type: 'failed', failure: failureOf(statusAnswer(object)) };
    default:
      return unintelligible(`a watch event has type ${JSON.stringify(type)}`);
  }
}

const CHANGES = {
  ADDED: 'put',
  MODIFIED: 'put',
  DELETED: 'removed',
  BOOKMARK: 'bookmark',
} as const;

/** An ERROR event carries what an answer of that status would have carried. */
function statusAnswer(object: unknown): ClusterAnswer {
  const code = isJsonObject(object) ? object['code'] : undefined;
  return { status: typeof code === 'number' ? code : 500, body: object, retryAfter: undefined };
}

function unintelligible(message: string): ReflectorInput {
  return { type: 'failed', failure: { cause: 'unintelligible', message } };
}
