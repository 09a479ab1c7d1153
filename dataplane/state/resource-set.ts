// SPDX-License-Identifier: Apache-2.0
import { HeartlineError, toHeartlineError } from '../../shared/errors/heartline-error.js';
import type { DeltaDiscoveryResponse__Output as DeltaResponse } from '../../shared/proto/gen/envoy/service/discovery/v3/DeltaDiscoveryResponse.js';
import type { Resource__Output as WireResource } from '../../shared/proto/gen/envoy/service/discovery/v3/Resource.js';
import type { Diagnostic, Findings } from './diagnostic.js';

/** A resource that was accepted: what it is called, which content, and the content itself. */
export interface Held<T> {
  readonly name: string;
  /** Resource.version, compared for equality only. */
  readonly version: string;
  /** Any.value as it came, for the last-good file. */
  readonly bytes: Buffer;
  readonly value: T;
}

/** Everything accepted of one type, by name. */
export type ResourceSet<T> = ReadonlyMap<string, Held<T>>;

/** How one type is read; pure. */
export interface ResourceType<T> {
  readonly typeUrl: string;
  /** Throws HeartlineError INVALID_WIRE. */
  decode(bytes: Uint8Array): T;
  validate(value: T): Findings;
  /** Two names with one identity would be one object with two owners. */
  identity(name: string, value: T): string;
}

/** The whole effect of one response, worked out before anything changes. */
export interface Staged<T> {
  readonly next: ResourceSet<T>;
  readonly diagnostics: readonly Diagnostic[];
  /** False when `next` holds the same names at the same versions as before. */
  readonly changed: boolean;
}

/** A change to a set: what one response, or a last-good file, says. */
export interface ResourceDelta {
  readonly resources: readonly WireResource[];
  readonly removed: readonly string[];
}

/** google.rpc.Code NOT_FOUND: a resource error with it says the same as a removal. */
const NOT_FOUND = 5;

export function deltaOf(response: DeltaResponse): ResourceDelta {
  const removed = new Set(response.removedResources);
  for (const { name } of response.removedResourceNames) if (name) removed.add(name);
  for (const { resourceName, errorDetail } of response.resourceErrors) {
    if (errorDetail?.code === NOT_FOUND && resourceName?.name) removed.add(resourceName.name);
  }
  return { resources: response.resources, removed: [...removed] };
}

/**
 * Takes what can be taken. A refused resource leaves the version that was accepted before in place; when a response both
 * carries and removes a name, the removal wins, as in the reference proxy.
 */
export function stageDelta<T>(
  type: ResourceType<T>,
  held: ResourceSet<T>,
  delta: ResourceDelta,
): Staged<T> {
  const diagnostics: Diagnostic[] = [];
  const reject = (key: string, message: string): void => {
    diagnostics.push({ key, severity: 'error', message });
  };
  const candidates = readCandidates(type, held, delta.resources, diagnostics);
  const removed = new Set(delta.removed);
  for (const name of findClashes(type, held, candidates, removed)) {
    const { value } = candidates.get(name) as Held<T>;
    reject(name, `another resource already has the identity ${type.identity(name, value)}`);
    candidates.delete(name);
  }
  const next = new Map(held);
  for (const [name, candidate] of candidates) next.set(name, candidate);
  for (const name of removed) next.delete(name);
  const touched = [...candidates.keys(), ...removed];
  const changed = touched.some((name) => !sameContent(held.get(name), next.get(name)));
  return { next, diagnostics, changed };
}

export function versionsOf<T>(set: ResourceSet<T>): Map<string, string> {
  return new Map([...set].map(([name, { version }]) => [name, version]));
}

function readCandidates<T>(
  type: ResourceType<T>,
  held: ResourceSet<T>,
  resources: readonly WireResource[],
  diagnostics: Diagnostic[],
): Map<string, Held<T>> {
  const repeated = repeatedNames(resources);
  const candidates = new Map<string, Held<T>>();
  for (const name of repeated) {
    diagnostics.push({
      key: name,
      severity: 'error',
      message: 'the response carries this name more than once',
    });
  }
  for (const resource of resources) {
    const name = resource.name ?? '';
    if (repeated.has(name)) continue;
    // A resource without content renews the time to live of one that is held (xDS "TTL"); there is nothing to take.
    if (resource.resource === undefined && held.has(name)) continue;
    const read = readResource(type, resource);
    for (const message of read.findings.errors) {
      diagnostics.push({ key: name, severity: 'error', message });
    }
    for (const message of read.findings.warnings) {
      diagnostics.push({ key: name, severity: 'warn', message });
    }
    if (read.held !== undefined) candidates.set(name, read.held);
  }
  return candidates;
}

interface ReadResource<T> {
  readonly findings: Findings;
  /** Absent when there are errors. */
  readonly held?: Held<T>;
}

function readResource<T>(type: ResourceType<T>, resource: WireResource): ReadResource<T> {
  const refused = (message: string): ReadResource<T> => ({
    findings: { errors: [message], warnings: [] },
  });
  const { name = '', version = '', resource: any } = resource;
  if (name === '') return refused('the resource has no name');
  if (any === undefined) return refused('the resource has no content');
  if (any.type_url !== type.typeUrl) {
    return refused(`the content is a ${any.type_url ?? '(no type)'}, not a ${type.typeUrl}`);
  }
  // A copy: the decoded field is a view that would keep the whole response in memory.
  const bytes = Buffer.from(any.value ?? []);
  const value = decodeOr(type, bytes);
  if (value instanceof HeartlineError) return refused(value.message);
  const findings = type.validate(value);
  return findings.errors.length > 0
    ? { findings }
    : { findings, held: { name, version, bytes, value } };
}

function decodeOr<T>(type: ResourceType<T>, bytes: Uint8Array): T | HeartlineError {
  try {
    return type.decode(bytes);
  } catch (thrown) {
    return toHeartlineError(thrown);
  }
}

function repeatedNames(resources: readonly WireResource[]): Set<string> {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const { name = '' } of resources) {
    if (seen.has(name)) repeated.add(name);
    seen.add(name);
  }
  return repeated;
}

/**
 * Names of candidates that would share an identity with another resource. Refusing one keeps its older version, whose
 * identity may then clash with a further candidate: so this runs until nothing is left to refuse.
 */
function findClashes<T>(
  type: ResourceType<T>,
  held: ResourceSet<T>,
  candidates: ReadonlyMap<string, Held<T>>,
  removed: ReadonlySet<string>,
): Set<string> {
  const refused = new Set<string>();
  const keepsIdentity = (name: string, { value }: Held<T>): boolean => {
    const before = held.get(name);
    return before !== undefined && type.identity(name, before.value) === type.identity(name, value);
  };
  // The common change replaces what is held: nothing can clash, and nothing else has to be looked at.
  if ([...candidates].every(([name, candidate]) => keepsIdentity(name, candidate))) return refused;
  for (let found = -1; found !== refused.size; ) {
    found = refused.size;
    const owners = new Map<string, string>();
    for (const [name, { value }] of held) {
      const replaced = candidates.has(name) && !refused.has(name);
      if (!replaced && !removed.has(name)) owners.set(type.identity(name, value), name);
    }
    for (const [name, { value }] of candidates) {
      if (refused.has(name) || removed.has(name)) continue;
      const identity = type.identity(name, value);
      if (owners.has(identity)) refused.add(name);
      else owners.set(identity, name);
    }
  }
  return refused;
}

/** An empty version says nothing about the content (reference §1.3), so the bytes are compared too. */
function sameContent<T>(a: Held<T> | undefined, b: Held<T> | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.version === b.version && a.bytes.equals(b.bytes);
}
