// SPDX-License-Identifier: Apache-2.0
import type { GatewayRef } from '../../shared/events/event.js';
import { gatewayKey } from '../../shared/events/gateway-key.js';

/** Store prefixes of everything a release is made of; each ends where the gateway's id begins. */
export const RELEASE_PREFIX = 'release/';
export const VERSION_PREFIX = 'release-version/';
export const PAGE_PREFIX = 'release-page/';
export const CONTENT_PREFIX = 'release-content/';

/** Which versions there are, the head, the pin. */
export function releaseKey(gateway: GatewayRef): string {
  return `${RELEASE_PREFIX}${gatewayKey(gateway)}`;
}

/** One version: when, who, why, and the pages of its list of resources. */
export function versionKey(gateway: GatewayRef, number: number): string {
  return `${VERSION_PREFIX}${gatewayKey(gateway)}/${number}`;
}

/** A part of a list of resources, by the hash of the part. */
export function pageKey(gateway: GatewayRef, hash: string): string {
  return `${PAGE_PREFIX}${gatewayKey(gateway)}/${hash}`;
}

/** The bytes of a resource, by their hash. */
export function contentKey(gateway: GatewayRef, hash: string): string {
  return `${CONTENT_PREFIX}${gatewayKey(gateway)}/${hash}`;
}
