// SPDX-License-Identifier: Apache-2.0

/** How one minor release of the reference proxy writes its dump. */
export interface DumpProfile {
  readonly name: string;
  /** Variants of `frontend` that every later release writes in lower case. */
  readonly frontendNames: Readonly<Record<'tcp' | 'http' | 'tls', string>>;
  /** Fields of the HTTP variant, in its order. */
  readonly httpFields: readonly HttpField[];
  /** What becomes of HTTP fields that the policy leaves open and that have no default. */
  readonly unset: 'null' | 'omitted';
  /** Whether binds say that they are no internal ones. */
  readonly hasBindMode: boolean;
}

export type HttpField =
  | 'maxBufferSize'
  | 'http1MaxHeaders'
  | 'http1IdleTimeout'
  | 'http1HeaderCase'
  | 'http2WindowSize'
  | 'http2ConnectionWindowSize'
  | 'http2FrameSize'
  | 'http2MaxHeaderSize'
  | 'http2KeepaliveInterval'
  | 'http2KeepaliveTimeout'
  | 'maxConnectionDuration';

/** The newest release has them all. */
const HTTP_FIELDS: readonly HttpField[] = [
  'maxBufferSize',
  'http1MaxHeaders',
  'http1IdleTimeout',
  'http1HeaderCase',
  'http2WindowSize',
  'http2ConnectionWindowSize',
  'http2FrameSize',
  'http2MaxHeaderSize',
  'http2KeepaliveInterval',
  'http2KeepaliveTimeout',
  'maxConnectionDuration',
];
const SINCE_1_2: readonly HttpField[] = ['http2MaxHeaderSize', 'maxConnectionDuration'];
const SINCE_1_3: readonly HttpField[] = ['http1HeaderCase'];

/** serde's camelCase of names that begin with an abbreviation, before they were named by hand. */
const EARLY_NAMES = { tcp: 'tCP', http: 'hTTP', tls: 'tLS' };
const NAMES = { tcp: 'tcp', http: 'http', tls: 'tls' };

/** Oldest first. */
const PROFILES: readonly DumpProfile[] = [
  {
    name: '1.1',
    frontendNames: EARLY_NAMES,
    httpFields: without([...SINCE_1_2, ...SINCE_1_3]),
    unset: 'null',
    hasBindMode: false,
  },
  {
    name: '1.2',
    frontendNames: EARLY_NAMES,
    httpFields: without(SINCE_1_3),
    unset: 'null',
    hasBindMode: false,
  },
  { name: '1.3', frontendNames: NAMES, httpFields: HTTP_FIELDS, unset: 'null', hasBindMode: false },
  {
    name: '1.4',
    frontendNames: NAMES,
    httpFields: HTTP_FIELDS,
    unset: 'omitted',
    hasBindMode: true,
  },
];

/** The one that the Keepalive guide shows. */
export const DEFAULT_PROFILE = '1.1';

export const DUMP_PROFILES: readonly string[] = PROFILES.map(({ name }) => name);

export function dumpProfile(name: string): DumpProfile | undefined {
  return PROFILES.find((profile) => profile.name === name);
}

function without(later: readonly HttpField[]): readonly HttpField[] {
  return HTTP_FIELDS.filter((field) => !later.includes(field));
}
