// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { RESOURCE_TYPE_URL } from '../../shared/names/type-urls.js';
import type { DiscoveryRequest } from '../../shared/proto/gen/envoy/service/discovery/v3/DiscoveryRequest.js';
import type { DiscoveryResponse__Output } from '../../shared/proto/gen/envoy/service/discovery/v3/DiscoveryResponse.js';
import { DiscoveryClient, type DiscoveryClientOptions } from './discovery-client.js';

/** A type no server knows: its answers show what was written before them. */
const FENCE_TYPE_URL = 'type.googleapis.com/heartline.test.Fence';

/** One state-of-the-world stream that a test plays by hand; names and versions are remembered as a client has to. */
export class SotwClient extends DiscoveryClient<DiscoveryRequest, DiscoveryResponse__Output> {
  readonly #names = new Map<string, readonly string[]>();
  readonly #versions = new Map<string, string>();
  #fences = 0;

  constructor(options: DiscoveryClientOptions) {
    const { discoveryRequest, discoveryResponse } = options.wire;
    super({ method: 'StreamAggregatedResources', ...options }, discoveryRequest, discoveryResponse);
  }

  /** A first request of a type, or a change of its names without a nonce. */
  subscribe(names: readonly string[] = [], typeUrl = RESOURCE_TYPE_URL, versionInfo = ''): void {
    this.#names.set(typeUrl, names);
    this.send({ typeUrl, resourceNames: [...names], versionInfo });
  }

  /** Subscribes and acknowledges the first answer. */
  async open(
    names: readonly string[] = [],
    typeUrl = RESOURCE_TYPE_URL,
  ): Promise<DiscoveryResponse__Output> {
    this.subscribe(names, typeUrl);
    const answer = await this.next();
    this.ack(answer);
    return answer;
  }

  /** Acknowledges; `names` replaces the list of the type from here on. */
  ack(response: DiscoveryResponse__Output, names?: readonly string[]): void {
    const { typeUrl = '', versionInfo = '' } = response;
    this.#versions.set(typeUrl, versionInfo);
    this.#answer(response, names);
  }

  /** Refuses a response: plain text, or a reason per resource name. The version stays the last good one. */
  nack(
    response: DiscoveryResponse__Output,
    reason: string | { readonly [name: string]: string },
  ): void {
    const entries = (): object[] => Object.entries(reason).map(([key, error]) => ({ key, error }));
    const message = typeof reason === 'string' ? reason : JSON.stringify(entries());
    this.#answer(response, undefined, { code: 3, message });
  }

  /** Asserts that the server has written nothing more: an answer asked for now is the next thing to come. */
  async assertQuiet(): Promise<void> {
    this.#fences += 1;
    const names = Array.from({ length: this.#fences }, (_, at) => `fence-${at}`);
    this.subscribe(names, FENCE_TYPE_URL);
    const response = await this.next();
    assert.equal(response.typeUrl, FENCE_TYPE_URL, 'a response nobody expected');
    this.forget(response);
    this.ack(response, names);
  }

  #answer(
    response: DiscoveryResponse__Output,
    names = this.#names.get(response.typeUrl ?? '') ?? [],
    errorDetail?: { readonly code: number; readonly message: string },
  ): void {
    const { typeUrl = '', nonce = '' } = response;
    this.#names.set(typeUrl, names);
    this.send({
      ...{ typeUrl, responseNonce: nonce, resourceNames: [...names] },
      versionInfo: this.#versions.get(typeUrl) ?? '',
      ...(errorDetail === undefined ? {} : { errorDetail }),
    });
  }
}

/** Contents of a response as texts; snapshots made by hand hold texts. */
export function textsOf(response: DiscoveryResponse__Output): string[] {
  return response.resources.map((any) => String(any.value ?? ''));
}
