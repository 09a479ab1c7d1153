// SPDX-License-Identifier: Apache-2.0
import type {
  Metadata,
  Server,
  ServerDuplexStream,
  ServiceDefinition,
  UntypedHandleCall,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { toHeartlineError } from '../../shared/errors/heartline-error.js';
import type { Logger } from '../../shared/telemetry/logger.js';
import type { Authenticator } from './authenticate.js';
import type { Audience, Identity } from './identity.js';

/** A bidirectional stream of undecoded messages. */
export type RawStream = ServerDuplexStream<Buffer, Buffer>;

/** Answers a call with an error of our table; nothing is written after it. */
export function failCall(
  call: { emit(event: 'error', error: object): boolean },
  error: unknown,
): void {
  const { meaning, message } = toHeartlineError(error);
  call.emit('error', { code: meaning.grpc, details: message });
}

export interface StreamGuard {
  readonly authenticate: Authenticator;
  readonly audience: Audience;
  readonly logger: Logger;
}

/** Runs `open` only for a known identity, before any message of the stream is read. */
export function authenticatedStream(
  guard: StreamGuard,
  open: (call: RawStream, identity: Identity) => void,
): (call: RawStream) => void {
  return (call) => {
    try {
      open(call, guard.authenticate(headerOf(call.metadata, 'authorization'), guard.audience));
    } catch (thrown) {
      const { code, message } = toHeartlineError(thrown);
      guard.logger.warn({ peer: call.getPeer(), code, error: message }, 'stream refused');
      failCall(call, thrown);
    }
  };
}

/** Adds services of other packages so that each of their methods asks for a token first. */
export function guardedRegistrar(
  server: Server,
  authenticate: Authenticator,
  audience: Audience,
): Pick<Server, 'addService'> {
  return {
    addService(definition: ServiceDefinition, implementation: UntypedServiceImplementation) {
      const guarded = Object.entries(implementation).map(([name, handler]) => [
        name,
        guardHandler(handler, authenticate, audience),
      ]);
      server.addService(definition, Object.fromEntries(guarded));
    },
  };
}

/** The first value of a header as text. */
export function headerOf(metadata: Metadata, name: string): string | undefined {
  const value = metadata.get(name)[0];
  return value === undefined ? undefined : String(value);
}

/** The shape that handlers of every kind of method share: the call, and for unary calls a callback. */
type AnyHandler = (call: Parameters<UntypedHandleCall>[0], ...rest: unknown[]) => void;

function guardHandler(
  handler: UntypedHandleCall,
  authenticate: Authenticator,
  audience: Audience,
): AnyHandler {
  const run = handler as AnyHandler;
  return (call, ...rest) => {
    try {
      authenticate(headerOf(call.metadata, 'authorization'), audience);
    } catch (error) {
      failCall(call, error);
      return;
    }
    run(call, ...rest);
  };
}
