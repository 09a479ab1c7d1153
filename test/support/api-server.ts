// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { Writable } from 'node:stream';
import { createAuthenticator } from '../../control-plane/auth/authenticate.js';
import {
  fleetResources,
  type VirtualPlural,
} from '../../control-plane/fleet-objects/fleet-resources.js';
import type { ObjectView } from '../../control-plane/kube-api/resources/object-view.js';
import {
  followStoredObjects,
  type StoredObjects,
} from '../../control-plane/kube-api/resources/stored-objects.js';
import { storedResources } from '../../control-plane/kube-api/resources/stored-resources.js';
import {
  createVirtualObjects,
  type VirtualObjects,
} from '../../control-plane/kube-api/resources/virtual-objects.js';
import { type ApiServer, startApiServer } from '../../control-plane/kube-api/server.js';
import type { TlsCredentials } from '../../control-plane/kube-api/tls-or-plain.js';
import { KINDS } from '../../control-plane/policy/kinds.js';
import { createObjectDoor } from '../../control-plane/source/embedded-objects.js';
import type { ObjectDoor } from '../../control-plane/source/object-door.js';
import { createMemoryStore } from '../../control-plane/store/memory-store.js';
import type { Store } from '../../control-plane/store/store.js';
import { createLogger } from '../../shared/telemetry/logger.js';
import type { Clock } from '../../shared/time/clock.js';
import { systemClock } from '../../shared/time/system-clock.js';
import { CERTIFICATES } from './certificates.js';
import { crdAdmission, crdFiles, virtualKindFiles } from './crd-admission.js';

/** A live API server over the real door and a memory store. */
export interface TestApi extends ApiServer {
  readonly url: string;
  readonly token: string;
  readonly door: ObjectDoor;
  readonly store: Store;
  /** What reads answer from. */
  readonly views: StoredObjects['views'];
  /** Where tests put what is computed otherwise. */
  readonly virtual: Readonly<Record<VirtualPlural, VirtualObjects>>;
  /** Lines the server logged. */
  readonly logged: string[];
}

const TOKEN = 'test-token-of-the-api';
const UNTRUSTED: TlsCredentials = { current: () => CERTIFICATES.a, onRenewed: () => undefined };
const WORKER_TOKEN = 'test-token-of-a-worker';

/** Where it listens and what it shows there. */
export interface TestApiPort {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Of everything; default: the system's. */
  readonly clock?: Clock;
  /** Default: a certificate of a.example.com that nobody trusts. */
  readonly credentials?: TlsCredentials;
  /** Default: one that ends with the server. */
  readonly store?: Store;
}

export async function startTestApi(
  getRelease?: ObjectView['get'],
  port: TestApiPort = {},
): Promise<TestApi> {
  const store = port.store ?? createMemoryStore('test');
  const admission = crdAdmission();
  const clock = port.clock ?? systemClock();
  const door = createObjectDoor({ store, admission, clock, randomUuid: randomUUID });
  const stored = await followStoredObjects({ store, clock, kinds: KINDS });
  const newCollection = (): VirtualObjects => createVirtualObjects({ clock });
  const virtual = {
    deployments: newCollection(),
    events: newCollection(),
    gatewayreleases: newCollection(),
    pods: newCollection(),
    workers: newCollection(),
  };
  const views =
    getRelease === undefined
      ? virtual
      : { ...virtual, gatewayreleases: { ...virtual.gatewayreleases, get: getRelease } };
  const logged: string[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      logged.push(chunk.toString());
      done();
    },
  });
  const server = await startApiServer({
    address: { host: port.host ?? '127.0.0.1', port: 0 },
    ...{ door, clock, random: Math.random },
    resources: [
      ...storedResources(crdFiles(), stored.views),
      ...fleetResources(virtualKindFiles(), views),
    ],
    authenticate: createAuthenticator([
      { identity: { name: 'admin', audience: 'api', gateways: 'all' }, token: TOKEN },
      { identity: { name: 'worker', audience: 'worker', gateways: 'all' }, token: WORKER_TOKEN },
    ]),
    allowedHosts: ['localhost'],
    tls: { credentials: port.credentials ?? UNTRUSTED, clock },
    logger: createLogger({ name: 'test', destination }),
    version: '0.0.0-test',
  });
  const url = `http://127.0.0.1:${server.address.port}`;
  const close = async (): Promise<void> => {
    await server.close();
    stored.stop();
    await store.close();
  };
  return { ...server, close, url, token: TOKEN, door, store, views: stored.views, virtual, logged };
}
