// SPDX-License-Identifier: Apache-2.0
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { HeartlineError, toHeartlineError } from '../../shared/errors/heartline-error.js';
import type { NamespacedName } from '../../shared/names/gateway-name.js';
import type { Logger } from '../../shared/telemetry/logger.js';
import type { Clock } from '../../shared/time/clock.js';
import type { Authenticator } from '../auth/authenticate.js';
import type { Identity } from '../auth/identity.js';
import type { WorkerView } from '../fleet/worker-view.js';
import { answerRaw } from '../kube-api/failures.js';
import { checkHostAndOrigin } from '../kube-api/guard.js';
import { serveChannelForward } from './channel-forward.js';
import { createForwarder, type Forwarder, type ForwarderOptions } from './forwarder.js';
import { serveSpdyForward } from './spdy-forward.js';
import { agreeOnProtocol, type PortForwardProtocol } from './upgrade-protocol.js';
import { createTunnelAcceptor, type WebSocketAcceptor } from './websocket.js';

export interface PortForwardOptions extends ForwarderOptions {
  readonly authenticate: Authenticator;
  /** Host names without port that a request may be addressed to. */
  readonly allowedHosts: readonly string[];
  readonly fleet: () => readonly WorkerView[];
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Requests of the API port that ask for another protocol. */
export interface PortForward {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Ends every forward. */
  stop(): void;
}

const PATH = /^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/]+)\/portforward\/?$/;

/** `kubectl port-forward`, over SPDY/3.1 and over websockets; anything else that asks for an upgrade is refused. */
export function createPortForward(options: PortForwardOptions): PortForward {
  const open = new Set<Duplex>();
  const acceptor = createTunnelAcceptor();
  return {
    upgrade(request, socket, head) {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
      socket.on('error', () => undefined);
      try {
        const wanted = checkRequest(options, request);
        const forwarder = createForwarder(options, wanted.forwarded);
        accept(options, { request, socket, head, forwarder, protocol: wanted.protocol }, acceptor);
      } catch (thrown) {
        refuse(socket, toHeartlineError(thrown));
      }
    },
    stop() {
      for (const socket of open) socket.destroy();
    },
  };
}

/** Throws unless who asks may, the pod is a live worker's, and a protocol is known. */
function checkRequest(options: PortForwardOptions, request: IncomingMessage) {
  const url = new URL(request.url ?? '/', 'http://api');
  const [, namespace, name] = PATH.exec(url.pathname) ?? [];
  checkHostAndOrigin(request.headers, options.allowedHosts);
  const identity = options.authenticate(request.headers.authorization, 'api');
  if (namespace === undefined || name === undefined) {
    throw new HeartlineError('NOT_FOUND', `nothing to upgrade to at ${url.pathname}`);
  }
  const pod = { namespace: decode(namespace), name: decode(name) };
  checkRight(identity, pod);
  const { worker, place } = findWorker(options.fleet(), pod);
  const protocol = agreeOnProtocol(request.headers, url.searchParams);
  return { forwarded: { pod, worker, place, actor: identity.name }, protocol };
}

function checkRight({ mayPortForward, name }: Identity, pod: NamespacedName): void {
  if (mayPortForward === true) return;
  throw new HeartlineError(
    'PERMISSION_DENIED',
    `pods "${pod.name}" is forbidden: User "${name}" cannot create resource "pods/portforward" in API group "" in the namespace "${pod.namespace}"`,
    { subject: pod.name },
  );
}

function findWorker(fleet: readonly WorkerView[], pod: NamespacedName): WorkerView {
  const found = fleet.find(
    ({ podName, podNamespace, state }) =>
      podName === pod.name && podNamespace === pod.namespace && state !== 'Lost',
  );
  if (found !== undefined) return found;
  throw new HeartlineError('NOT_FOUND', `pods "${pod.name}" not found`, { subject: pod.name });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // No name of a pod is written like that; it will not be found.
    return text;
  }
}

interface Accepted {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly forwarder: Forwarder;
  readonly protocol: PortForwardProtocol;
}

function accept(
  { clock, logger }: PortForwardOptions,
  { request, socket, head, forwarder, protocol }: Accepted,
  acceptor: WebSocketAcceptor,
): void {
  const serveSpdy = (transport: Duplex): void =>
    void serveSpdyForward({ transport, forwarder, clock, logger });
  switch (protocol.kind) {
    case 'spdy':
      socket.write(SWITCHING_TO_SPDY);
      if (head.length > 0) socket.unshift(head);
      serveSpdy(socket);
      break;
    case 'spdy-in-websocket':
      acceptor.acceptStream({ request, socket, head, protocol: protocol.name }, serveSpdy);
      break;
    case 'channels':
      acceptor.acceptMessages({ request, socket, head, protocol: protocol.name }, (ws) => {
        void serveChannelForward(ws, protocol.ports, forwarder);
      });
      break;
  }
}

const SWITCHING_TO_SPDY =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: portforward.k8s.io\r\n\r\n';

function refuse(socket: Duplex, error: HeartlineError): void {
  const { http } = error.meaning;
  answerRaw(socket, `${http} ${STATUS_CODES[http] ?? ''}`, error);
  socket.resume();
}
