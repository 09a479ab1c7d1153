// SPDX-License-Identifier: Apache-2.0
import { RESOURCE_TYPE_URL } from '../../shared/names/type-urls.js';
import type { DeltaClient } from '../support/delta-client.js';
import type { DiscoveryClientOptions, StreamStatus } from '../support/discovery-client.js';
import { type SotwClient, textsOf } from '../support/sotw-client.js';
import type { Service } from './rules.js';

/** One response, in the words that both protocols share. */
export interface Answer {
  /** Contents that it carries. */
  readonly texts: readonly string[];
  /** Names it takes away; the state of the world has none. */
  readonly removed: readonly string[];
  ack(): void;
  /** Plain text, or a reason per resource name. */
  nack(reason: string | { readonly [name: string]: string }): void;
}

/** What a client keeps of a stream that ended: versions, and a nonce that means nothing any more. */
export interface Kept {
  readonly versions: { readonly [name: string]: string };
  readonly versionInfo: string;
  readonly nonce: string;
}

/** A client that follows everything of our resources, whichever protocol it speaks. */
export interface Peer {
  readonly status: Promise<StreamStatus>;
  ask(kept?: Kept): void;
  next(): Promise<Answer>;
  /** As of the last answer that was acknowledged. */
  kept(): Kept;
  assertQuiet(): Promise<void>;
  countResponses(): number;
  pause(): void;
  resume(): void;
  cancel(): void;
}

/** Opens clients of either protocol. */
export interface PeerServer {
  connect(options?: Partial<DiscoveryClientOptions>): DeltaClient;
  connectSotw(options?: Partial<DiscoveryClientOptions>): SotwClient;
}

const typeUrl = RESOURCE_TYPE_URL;
const NOTHING_KEPT: Kept = { versions: {}, versionInfo: '', nonce: '' };

export function connectPeer(
  service: Service,
  server: PeerServer,
  options: Partial<DiscoveryClientOptions> = {},
): Peer {
  return service === 'delta'
    ? deltaPeer(server.connect(options))
    : sotwPeer(server.connectSotw(options));
}

function deltaPeer(client: DeltaClient): Peer {
  const versions = new Map<string, string>();
  let nonce = '';
  return {
    ...partsOf(client),
    kept: () => ({ versions: Object.fromEntries(versions), versionInfo: '', nonce }),
    ask(kept = NOTHING_KEPT) {
      for (const [name, version] of Object.entries(kept.versions)) versions.set(name, version);
      client.send({
        typeUrl,
        initialResourceVersions: kept.versions,
        ...(kept.nonce === '' ? {} : { responseNonce: kept.nonce }),
      });
    },
    async next() {
      const response = await client.next();
      return {
        texts: response.resources.map(({ resource }) => String(resource?.value ?? '')),
        removed: response.removedResources,
        ack() {
          for (const { name = '', version = '' } of response.resources) versions.set(name, version);
          for (const name of response.removedResources) versions.delete(name);
          nonce = response.nonce ?? '';
          client.ack(response);
        },
        nack: (reason) => client.nack(response, reason),
      };
    },
  };
}

function sotwPeer(client: SotwClient): Peer {
  let versionInfo = '';
  let nonce = '';
  return {
    ...partsOf(client),
    kept: () => ({ versions: {}, versionInfo, nonce }),
    ask(kept = NOTHING_KEPT) {
      ({ versionInfo, nonce } = kept);
      client.send({ typeUrl, versionInfo, responseNonce: nonce });
    },
    async next() {
      const response = await client.next();
      return {
        texts: textsOf(response),
        removed: [],
        ack() {
          ({ versionInfo = '', nonce = '' } = response);
          client.ack(response);
        },
        nack: (reason) => client.nack(response, reason),
      };
    },
  };
}

function partsOf(client: DeltaClient | SotwClient) {
  return {
    status: client.status,
    assertQuiet: () => client.assertQuiet(),
    countResponses: () => client.received.length,
    pause: () => client.pause(),
    resume: () => client.resume(),
    cancel: () => client.cancel(),
  };
}
