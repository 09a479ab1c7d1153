// SPDX-License-Identifier: Apache-2.0
import protobuf from 'protobufjs';
import { HeartlineError } from '../../../shared/errors/heartline-error.js';
import { coreMessages } from './core-messages.js';

/** What kubectl and typed clients send for kinds of Kubernetes itself. */
export const PROTOBUF = 'application/vnd.kubernetes.protobuf';

/** The first bytes of every body: `k8s` and a zero; what follows is a runtime.Unknown. */
const MAGIC = Buffer.from('k8s\0', 'latin1');

/** Reads one body into the JSON that it stands for. Throws INVALID_ARGUMENT. */
export type ProtobufReader = (bytes: Uint8Array) => unknown;

export function createProtobufReader(): ProtobufReader {
  const root = coreMessages();
  return (bytes) => {
    if (!Buffer.from(bytes.subarray(0, MAGIC.length)).equals(MAGIC)) {
      throw badBody('the body does not begin with k8s and a zero byte');
    }
    const unknown = decode(root.lookupType('Unknown'), bytes.subarray(MAGIC.length));
    const { apiVersion = '', kind = '' } = (unknown['typeMeta'] ?? {}) as Record<string, string>;
    const type = root.get(kind);
    if (!(type instanceof protobuf.Type)) {
      throw new HeartlineError(
        'UNSUPPORTED_MEDIA',
        `${kind || 'an object without kind'} is not read as protobuf here; send application/json`,
      );
    }
    const raw = unknown['raw'];
    const value = decode(type, raw instanceof Uint8Array ? raw : new Uint8Array());
    return { apiVersion, kind, ...toJson(type, value) };
  };
}

type Message = Readonly<Record<string, unknown>>;

function decode(type: protobuf.Type, bytes: Uint8Array): Message {
  try {
    return type.decode(bytes) as unknown as Message;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw badBody(`the body is no ${type.name}: ${reason}`, cause);
  }
}

/**
 * A message as JSON. Go writes every field that is no pointer, so an empty one says nothing, as `omitempty` has it in
 * the JSON of these types; entries of maps are said as they are.
 */
function toJson(type: protobuf.Type, message: Message): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const field of type.fieldsArray) {
    const value = Object.hasOwn(message, field.name) ? message[field.name] : undefined;
    const json = value === undefined ? undefined : fieldToJson(field, value);
    if (json !== undefined) result[field.name] = json;
  }
  return result;
}

function fieldToJson(field: protobuf.Field, value: unknown): unknown {
  if (field.map) {
    const entries = Object.entries(value as Message);
    if (entries.length === 0) return undefined;
    return Object.fromEntries(entries.map(([key, one]) => [key, scalarToJson(one)]));
  }
  if (field.repeated) {
    const items = value as readonly unknown[];
    return items.length === 0 ? undefined : items.map((item) => itemToJson(field, item));
  }
  const json = itemToJson(field, value);
  return json === '' || json === 0 || json === false ? undefined : json;
}

function itemToJson({ resolvedType }: protobuf.Field, value: unknown): unknown {
  if (!(resolvedType instanceof protobuf.Type)) return scalarToJson(value);
  const json = toJson(resolvedType, value as Message);
  if (resolvedType.name !== 'IntOrString') return json;
  return json['type'] === 1 ? json['strVal'] : json['intVal'];
}

function scalarToJson(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  return typeof value === 'object' && value !== null ? Number(value) : value;
}

function badBody(message: string, cause?: unknown): HeartlineError {
  return new HeartlineError('INVALID_ARGUMENT', message, { cause });
}
