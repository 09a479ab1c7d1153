// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { compareText } from '../../shared/names/sort.js';
import type { Held, ResourceSet } from './resource-set.js';
import type { GatewayResource } from './resource-types.js';

/** Raised when a field changes its meaning; an older program then refuses the file in a sentence. */
const LAST_GOOD_FORMAT = 1;

/** What a worker needs to serve without a control plane. */
export interface LastGood {
  /** `namespace/name` of the Gateway. */
  readonly gateway: string;
  /** Label of the version that was in force. */
  readonly label: string;
  readonly resources: readonly LastGoodResource[];
  /** Workloads and services of the live part; a file of an earlier program has none. */
  readonly addresses: readonly LastGoodResource[];
}

export interface LastGoodResource {
  readonly name: string;
  readonly version: string;
  /** Any.value. */
  readonly bytes: Buffer;
}

/** A sentence why a file cannot be used. */
export interface Unusable {
  readonly reason: string;
}

export interface LastGoodParts {
  /** `namespace/name`. */
  readonly gateway: string;
  readonly label: string;
  readonly held: ResourceSet<GatewayResource>;
  readonly addresses: ResourceSet<unknown>;
}

/**
 * Without the listeners that have a private key: this worker does not serve TLS, so a key on its disk would be a risk
 * for nothing. After a restart without control plane their ports stay closed, as they were.
 */
export function lastGoodOf({ gateway, label, held, addresses }: LastGoodParts): LastGood {
  const kept = [...held.values()].filter(({ value }) => !value.listener?.tls?.privateKey?.length);
  return { gateway, label, resources: entriesOf(kept), addresses: entriesOf(addresses.values()) };
}

function entriesOf(held: Iterable<Held<unknown>>): readonly LastGoodResource[] {
  return [...held]
    .map(({ name, version, bytes }) => ({ name, version, bytes }))
    .sort((a, b) => compareText(a.name, b.name));
}

/** The checksum is over the JSON text of everything else, in this key order. */
export function renderLastGood(lastGood: LastGood): string {
  const body = bodyOf(lastGood);
  // Appended as text: the body of a large gateway is not worth writing out twice on the loop that moves traffic.
  return `${body.slice(0, -1)},"checksum":"${checksumOf(body)}"}\n`;
}

/** Accepts exactly what `renderLastGood` writes, for `gateway`. */
export function parseLastGood(text: string, gateway: string): LastGood | Unusable {
  const file = parseObject(text);
  if (file === undefined) return { reason: 'it is not complete JSON' };
  const { format } = file;
  if (typeof format !== 'number') return { reason: 'it has no format number' };
  if (format > LAST_GOOD_FORMAT) {
    return { reason: `it has format ${format}, this program reads up to ${LAST_GOOD_FORMAT}` };
  }
  const lastGood = readBody(file);
  if (lastGood === undefined) return { reason: 'a field is missing or of the wrong type' };
  if (file['checksum'] !== checksumOf(bodyOf(lastGood))) {
    return { reason: 'its checksum does not fit its content' };
  }
  if (lastGood.gateway !== gateway) {
    return { reason: `it belongs to gateway ${lastGood.gateway}, this worker serves ${gateway}` };
  }
  return lastGood;
}

type Json = Readonly<Record<string, unknown>>;

function bodyOf({ gateway, label, resources, addresses }: LastGood): string {
  return JSON.stringify({
    format: LAST_GOOD_FORMAT,
    gateway,
    label,
    resources: resources.map(render),
    // Left out when there are none, as in the files of programs that know none.
    ...(addresses.length === 0 ? {} : { addresses: addresses.map(render) }),
  });
}

function render({ name, version, bytes }: LastGoodResource) {
  return { name, version, bytes: bytes.toString('base64') };
}

function checksumOf(body: string): string {
  return createHash('sha256').update(body).digest('hex');
}

function parseObject(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    // The caller says what is wrong with the file; where the JSON breaks off adds nothing.
    return undefined;
  }
}

function readBody(file: Json): LastGood | undefined {
  const { gateway, label } = file;
  if (typeof gateway !== 'string' || typeof label !== 'string') return undefined;
  const resources = readResources(file['resources']);
  const addresses = readResources(file['addresses'] ?? []);
  if (resources === undefined || addresses === undefined) return undefined;
  return { gateway, label, resources, addresses };
}

function readResources(list: unknown): readonly LastGoodResource[] | undefined {
  if (!Array.isArray(list)) return undefined;
  const read = list.map(readResource);
  return read.every((resource) => resource !== undefined) ? read : undefined;
}

function readResource(value: unknown): LastGoodResource | undefined {
  if (!isObject(value)) return undefined;
  const { name, version, bytes } = value;
  if (typeof name !== 'string' || typeof version !== 'string' || typeof bytes !== 'string') {
    return undefined;
  }
  return { name, version, bytes: Buffer.from(bytes, 'base64') };
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
