// SPDX-License-Identifier: Apache-2.0
import type { Node } from '../../shared/proto/gen/envoy/config/core/v3/Node.js';
import type { DeltaDiscoveryRequest } from '../../shared/proto/gen/envoy/service/discovery/v3/DeltaDiscoveryRequest.js';
import { type Diagnostic, sortDiagnostics } from '../state/diagnostic.js';

/**
 * The client side of delta ADS as a value. Each type is a sub-stream of its own with its own nonces (xDS "Aggregated Discovery
 * Service"); nonces die with their stream, so an answer that is ready after a reconnect is sent to nobody.
 */
export interface Session {
  /** Counts streams; part of every ticket. */
  readonly stream: number;
  readonly types: readonly TypeSession[];
}

export interface TypeSession {
  readonly typeUrl: string;
  /** Whether a response of this type has been answered on any stream of this process. */
  readonly answered: boolean;
  /** Nonces received on this stream and not answered yet, oldest first. */
  readonly unanswered: readonly string[];
}

/** Names one response of one stream. */
export interface Ticket {
  readonly stream: number;
  readonly typeUrl: string;
  readonly nonce: string;
}

export interface Received {
  readonly session: Session;
  readonly ticket: Ticket;
  /** False: a type that was not asked for; it is acknowledged without being read, as the reference proxy does. */
  readonly known: boolean;
}

export interface Answered {
  readonly session: Session;
  /** Undefined when the stream of the ticket is gone. */
  readonly request: DeltaDiscoveryRequest | undefined;
}

export function newSession(typeUrls: readonly string[]): Session {
  const types = typeUrls.map((typeUrl) => ({ typeUrl, answered: false, unanswered: [] }));
  return { stream: 0, types };
}

export function openStream(session: Session): Session {
  const types = session.types.map((type) => ({ ...type, unanswered: [] }));
  return { stream: session.stream + 1, types };
}

/** One request per type, all at connect: subscribed to everything (no names), with the versions that are held already. */
export function firstRequests(
  session: Session,
  node: Node,
  held: (typeUrl: string) => ReadonlyMap<string, string>,
): DeltaDiscoveryRequest[] {
  return session.types.map(({ typeUrl }) => ({
    node,
    typeUrl,
    initialResourceVersions: Object.fromEntries(held(typeUrl)),
  }));
}

export function receive(session: Session, typeUrl: string, nonce: string): Received {
  const known = session.types.some((type) => type.typeUrl === typeUrl);
  const types = session.types.map((type) =>
    type.typeUrl === typeUrl ? { ...type, unanswered: [...type.unanswered, nonce] } : type,
  );
  return {
    session: { ...session, types },
    ticket: { stream: session.stream, typeUrl, nonce },
    known,
  };
}

/** ACK without diagnostics, otherwise the NACK form; warnings alone mean "accepted, but". */
export function answer(
  session: Session,
  ticket: Ticket,
  diagnostics: readonly Diagnostic[],
): Answered {
  const types = session.types.map((type) =>
    type.typeUrl === ticket.typeUrl
      ? {
          ...type,
          answered: true,
          unanswered:
            ticket.stream === session.stream
              ? type.unanswered.filter((nonce) => nonce !== ticket.nonce)
              : type.unanswered,
        }
      : type,
  );
  const next = { ...session, types };
  if (ticket.stream !== session.stream) return { session: next, request: undefined };
  const request = { typeUrl: ticket.typeUrl, responseNonce: ticket.nonce };
  if (diagnostics.length === 0) return { session: next, request };
  // Code 0 and JSON in the message is how the reference proxy reports; its control plane parses exactly this.
  const errorDetail = { code: 0, message: formatDiagnostics(diagnostics) };
  return { session: next, request: { ...request, errorDetail } };
}

/** True once a response of every type has been answered. */
export function isSynced(session: Session): boolean {
  return session.types.every(({ answered }) => answered);
}

/**
 * Warnings beyond this many are summed up in one: a request has to stay far below the 4 MiB that gRPC servers take by default.
 * Errors are never cut, a control plane acts on each of them.
 */
const MAX_WARNINGS = 200;

/**
 * `[{"key","error"}|{"key","warn"}]`, sorted. An entry that is not about the content has `"class":"environment"` besides:
 * other control planes ignore what they do not know, ours shows it until the worker reports that it is over.
 */
export function formatDiagnostics(diagnostics: readonly Diagnostic[]): string {
  const sorted = sortDiagnostics(diagnostics);
  const errors = sorted.filter(({ severity }) => severity === 'error');
  const isEnvironment = (one: Diagnostic): boolean => one.class === 'environment';
  const warned = sorted.filter(({ severity }) => severity === 'warn');
  // First, so that they are never among those that are summed up.
  const warnings = [
    ...warned.filter(isEnvironment),
    ...warned.filter((one) => !isEnvironment(one)),
  ];
  const entries: object[] = [
    ...errors.map(({ key, message, ...more }) => ({ key, error: message, ...classOf(more) })),
    ...warnings
      .slice(0, MAX_WARNINGS)
      .map(({ key, message, ...more }) => ({ key, warn: message, ...classOf(more) })),
  ];
  const left = warnings.length - MAX_WARNINGS;
  if (left > 0) entries.push({ key: '', warn: `${left} more warnings, see the worker's log` });
  return JSON.stringify(entries);
}

function classOf(diagnostic: Pick<Diagnostic, 'class'>): Pick<Diagnostic, 'class'> {
  return diagnostic.class === undefined ? {} : { class: diagnostic.class };
}
