// SPDX-License-Identifier: Apache-2.0

/** The two ways of aggregated discovery: `delta` = DeltaAggregatedResources, `sotw` = StreamAggregatedResources (state of the world). */
export type Service = 'delta' | 'sotw';

export const SERVICES: readonly Service[] = ['delta', 'sotw'];

export interface Rule {
  readonly number: number;
  /** What a server has to do, in a few words. */
  readonly says: string;
  /** Services the rule says nothing about, or that do not serve it, each with the reason. */
  readonly notApplicable?: { readonly [service in Service]?: string };
}

/** The rules of the xDS protocol, from its specification (xds_protocol.rst, discovery.proto), in the order of the specification. */
export const RULES: readonly Rule[] = [
  { number: 1, says: 'the node comes with the first request only' },
  { number: 2, says: 'type_url is required' },
];
