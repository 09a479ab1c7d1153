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
  { number: 3, says: 'each type is a stream of its own' },
  { number: 4, says: 'a nonce means nothing on another stream' },
  { number: 5, says: 'a NACK is the presence of error_detail' },
  { number: 6, says: 'refused content is not sent again until it changes' },
  {
    number: 7,
    says: 'a stale nonce: delta honours its names, the state of the world answers nothing',
  },
  {
    number: 8,
    says: 'subscription changes ride in any request',
    notApplicable: { sotw: 'every request of the state of the world carries the whole list (R15)' },
  },
  { number: 9, says: 'requests supersede each other' },
  { number: 10, says: 'wildcards, by name and by an empty first list' },
  {
    number: 11,
    says: 'a wildcard together with names',
    notApplicable: {
      sotw: 'there is no unsubscribing in the state of the world; R10 has its lists',
    },
  },
  {
    number: 12,
    says: 'a name subscribed again is answered again',
    notApplicable: { sotw: 'a list repeats its names in every request; what is new in it is R15' },
  },
  {
    number: 13,
    says: 'a name that does not exist is answered, remembered and served later',
    notApplicable: { sotw: 'the state of the world has no removals; absence is R16' },
  },
  {
    number: 14,
    says: 'unsubscribing needs no answer, but under a wildcard it does',
    notApplicable: {
      sotw: 'there is no unsubscribing in the state of the world; a shorter list is R15',
    },
  },
  {
    number: 15,
    says: 'the list is the whole list, and new names in it are always sent',
    notApplicable: { delta: 'delta requests carry changes of the list (R8, R12)' },
  },
  {
    number: 16,
    says: 'absence is deletion for full-state types and nothing for others',
    notApplicable: { delta: 'delta says what is removed' },
  },
  { number: 17, says: 'no response carries a name twice' },
  {
    number: 18,
    says: 'a client may take silence for absence after 15 s',
    notApplicable: {
      delta: 'a timer of clients; no server of ours is silent about a name (R13)',
      sotw: 'a timer of clients; a request with a new name is answered at once, empty if need be',
    },
  },
  { number: 19, says: 'names match, and the answer has the canonical name' },
  {
    number: 20,
    says: 'a reconnect is answered with the difference to what the client kept',
    notApplicable: { sotw: 'its requests carry no versions of resources; what they carry is R21' },
  },
  {
    number: 21,
    says: 'a reconnect is skipped only when the subscription is known to be the same',
    notApplicable: { delta: 'delta compares resource by resource (R20)' },
  },
  {
    number: 22,
    says: 'TTL and heartbeats',
    notApplicable: {
      delta: 'no resource of ours expires: a worker keeps its last good without us',
      sotw: 'no resource of ours expires: a worker keeps its last good without us',
    },
  },
  {
    number: 23,
    says: 'make before break across types',
    notApplicable: {
      delta:
        'no order is promised between our two types: until a route has its endpoints, its worker answers 503',
      sotw: 'no order is promised between our two types: until a route has its endpoints, its worker answers 503',
    },
  },
  {
    number: 24,
    says: 'warming needs the dependent type again',
    notApplicable: {
      delta: 'our types have no dependent type that is fetched by name',
      sotw: 'our types have no dependent type that is fetched by name',
    },
  },
  { number: 25, says: 'control_plane.identifier is in every response' },
  { number: 26, says: 'versions are opaque and compared for equality only' },
  { number: 27, says: 'the text of an error is for people' },
  {
    number: 28,
    says: 'xdstp:// names and collections',
    notApplicable: {
      delta: 'our names have no authority; such a name is one like any other and does not exist',
      sotw: 'our names have no authority; such a name is one like any other and does not exist',
    },
  },
  { number: 29, says: 'validation annotations are no reason to refuse' },
];
