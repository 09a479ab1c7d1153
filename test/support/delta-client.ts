// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { ADDRESS_TYPE_URL, RESOURCE_TYPE_URL } from '../../shared/names/type-urls.js';
import type { DeltaDiscoveryRequest } from '../../shared/proto/gen/envoy/service/discovery/v3/DeltaDiscoveryRequest.js';
import type { DeltaDiscoveryResponse__Output } from '../../shared/proto/gen/envoy/service/discovery/v3/DeltaDiscoveryResponse.js';
import { DiscoveryClient, type DiscoveryClientOptions } from './discovery-client.js';

/** A type no server knows: its answers show what was written before them. */
const FENCE_TYPE_URL = 'type.googleapis.com/heartline.test.Fence';

/** One delta stream that a test plays by hand. */
export class DeltaClient extends DiscoveryClient<
  DeltaDiscoveryRequest,
  DeltaDiscoveryResponse__Output
> {
  #fences = 0;

  constructor(options: DiscoveryClientOptions) {
    const { deltaRequest, deltaResponse } = options.wire;
    super({ method: 'DeltaAggregatedResources', ...options }, deltaRequest, deltaResponse);
  }

  /** Asks for everything of both types, as workers do. `held` = what it kept: name → version. */
  subscribe(held: { readonly [name: string]: string } = {}): void {
    this.send({ typeUrl: ADDRESS_TYPE_URL });
    this.send({ typeUrl: RESOURCE_TYPE_URL, initialResourceVersions: held });
  }

  /** Subscribes both types and acknowledges both first answers; the one with the resources. */
  async open(
    held: { readonly [name: string]: string } = {},
  ): Promise<DeltaDiscoveryResponse__Output> {
    this.subscribe(held);
    const answers = [await this.next(), await this.next()];
    for (const answer of answers) this.ack(answer);
    const resources = answers.find((answer) => answer.typeUrl === RESOURCE_TYPE_URL);
    assert.ok(resources !== undefined, 'no answer about resources');
    return resources;
  }

  ack(response: DeltaDiscoveryResponse__Output): void {
    this.send({ typeUrl: response.typeUrl ?? '', responseNonce: response.nonce ?? '' });
  }

  /** Refuses a response: plain text, or a reason per resource name. */
  nack(
    response: DeltaDiscoveryResponse__Output,
    reason: string | { readonly [name: string]: string },
  ): void {
    const entries = (): object[] => Object.entries(reason).map(([key, error]) => ({ key, error }));
    const message = typeof reason === 'string' ? reason : JSON.stringify(entries());
    this.send({
      typeUrl: response.typeUrl ?? '',
      responseNonce: response.nonce ?? '',
      errorDetail: { code: 0, message },
    });
  }

  /** Asserts that the server has written nothing more: an answer asked for now is the next thing to come. */
  async assertQuiet(): Promise<void> {
    this.#fences += 1;
    const name = `fence-${this.#fences}`;
    this.send({ typeUrl: FENCE_TYPE_URL, resourceNamesSubscribe: [name] });
    const response = await this.next();
    assert.deepEqual(
      { typeUrl: response.typeUrl, removed: response.removedResources },
      { typeUrl: FENCE_TYPE_URL, removed: [name] },
      'a response nobody expected',
    );
    this.forget(response);
    this.ack(response);
  }
}

/** Names of a response: resources, then removals with a minus in front. */
export function namesOf(response: DeltaDiscoveryResponse__Output): string[] {
  const removed = response.removedResources.map((name) => `-${name}`);
  return [...response.resources.map((resource) => resource.name ?? ''), ...removed];
}
