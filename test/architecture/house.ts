// SPDX-License-Identifier: Apache-2.0

/** The plan of the house: the lists that the rules in architecture.test.ts read. A new room or exception is one line here. */

export const TOP_LEVEL: readonly string[] = [
  'CHANGELOG.md',
  'LICENSE',
  'NOTICE',
  'README.md',
  'control-plane',
  'dataplane',
  'deploy',
  'package-lock.json',
  'package.json',
  'proto',
  'shared',
  'test',
  'tsconfig.json',
];

/** Folder to the folders that its files may import from, itself aside. */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'shared/': [],
  'control-plane/': ['shared/'],
  'dataplane/': ['shared/'],
  'deploy/': ['shared/'],
  'test/': ['shared/', 'control-plane/', 'dataplane/', 'deploy/'],
};

/** Files that decide and never act, as prefixes of paths: whole rooms, or the deciding files of a room that also acts. */
export const PURE: readonly string[] = [
  'control-plane/compile/',
  'control-plane/fleet-objects/deployment-object',
  'control-plane/fleet-objects/event-book',
  'control-plane/fleet-objects/names',
  'control-plane/fleet-objects/note',
  'control-plane/fleet-objects/pod-object',
  'control-plane/fleet-objects/release-object',
  'control-plane/fleet-objects/status-notes',
  'control-plane/fleet-objects/worker-notes',
  'control-plane/fleet-objects/worker-object',
  'control-plane/fleet/rejection-record',
  'control-plane/fleet/worker-rejections',
  'control-plane/kube-api/documents',
  'control-plane/kube-api/yaml-nesting',
  'control-plane/kube-api/discovery/discovery-documents',
  'control-plane/kube-api/discovery/served-groups',
  'control-plane/kube-api/openapi/meta-schemas',
  'control-plane/kube-api/openapi/openapi-document',
  'control-plane/kube-api/openapi/openapi-paths',
  'control-plane/kube-api/openapi/openapi-schema',
  'control-plane/kube-api/reading/continue-token',
  'control-plane/kube-api/reading/field-selector',
  'control-plane/kube-api/reading/label-selector',
  'control-plane/kube-api/reading/list-page',
  'control-plane/kube-api/reading/selection',
  'control-plane/kube-api/reading/watch-transition',
  'control-plane/kube-api/resources/built-in-columns',
  'control-plane/kube-api/resources/human-age',
  'control-plane/kube-api/resources/json-path',
  'control-plane/kube-api/resources/printer-column',
  'control-plane/kube-api/resources/resource-paths',
  'control-plane/live/address-book',
  'control-plane/live/endpoint-facts',
  'control-plane/live/joined-listeners',
  'control-plane/live/service-addresses',
  'control-plane/log/',
  'control-plane/merge/',
  'control-plane/pki/lifetime',
  'control-plane/pki/server-names',
  'control-plane/policy/',
  'control-plane/port-forward/spdy/dictionary',
  'control-plane/port-forward/spdy/frame',
  'control-plane/port-forward/targets',
  'control-plane/port-forward/upgrade-protocol',
  'control-plane/release/',
  'control-plane/snapshot/',
  'control-plane/source/manifests/check-manifest',
  'control-plane/source/manifests/plan-folder',
  'control-plane/source/manifests/read-manifests',
  'control-plane/source/ownership',
  'control-plane/source/kubernetes/cluster-object',
  'control-plane/source/kubernetes/failure',
  'control-plane/source/kubernetes/lease-machine',
  'control-plane/source/kubernetes/merge-status',
  'control-plane/source/kubernetes/plan-mirror',
  'control-plane/source/kubernetes/reflector-machine',
  'control-plane/source/kubernetes/refused-status',
  'control-plane/source/kubernetes/watch-frames',
  'control-plane/source/kubernetes/watched-kind',
  'control-plane/xds/difference',
  'control-plane/xds/full-state',
  'control-plane/xds/holding',
  'control-plane/xds/rejections',
  'control-plane/xds/response-plan',
  'control-plane/xds/session',
  'control-plane/xds/subscription',
  'control-plane/xds/type-protocol',
  'control-plane/xds/type-stream',
  'control-plane/xds/unanswered',
  'control-plane/xds/verdict',
  'control-plane/xds/world',
  'dataplane/access/access-counts',
  'dataplane/access/ip-',
  'dataplane/access/network-authorization',
  'dataplane/access/proxy-header',
  'dataplane/admin/config-dump',
  'dataplane/keepalive/linger',
  'dataplane/keepalive/target-values',
  'dataplane/keepalive/tcp-info',
  'dataplane/keepalive/unacked',
  'dataplane/proxy/arrival-watch',
  'dataplane/proxy/forwarded',
  'dataplane/proxy/grpc-status',
  'dataplane/proxy/header-changes',
  'dataplane/proxy/headers',
  'dataplane/proxy/host-table',
  'dataplane/proxy/http2-budget',
  'dataplane/proxy/http2-fault',
  'dataplane/proxy/http2-request',
  'dataplane/proxy/redirect',
  'dataplane/proxy/request-head',
  'dataplane/proxy/response-head',
  'dataplane/proxy/route-order',
  'dataplane/state/',
  'dataplane/xds/in-force-report',
  'dataplane/xds/node-identity',
  'dataplane/xds/session',
  'dataplane/xds/stream-end',
  'shared/errors/',
  'shared/events/',
  'shared/names/',
  'shared/patterns/',
  'shared/time/',
];

/** The acting files that live in a pure folder, each with its reason. */
export const NOT_PURE: Readonly<Record<string, string>> = {
  'control-plane/policy/load-crds.ts': 'it reads deploy/crds and its neighbours, once',
  'dataplane/state/last-good.ts': 'it writes and reads the last-good file',
  'shared/time/system-clock.ts': 'it is the clock',
};

/** Files that build the program: the only ones that may take the real clock and hand it on. */
export const WIRING = /(?:^|\/)(?:app|main)\.ts$|^control-plane\/cli\/|^deploy\/examples\//;

/** What a pure file may not import. */
export const ACTING_MODULES =
  /^(?:node:(?:child_process|cluster|dgram|dns|fs|http|http2|https|net|os|process|readline|timers|tls|worker_threads)(?:\/.*)?|@grpc\/.*|fastify|koffi|lmdb|nats|pino|undici|write-file-atomic|ws)$/;

/** What a pure file may not say. */
export const ACTING_CODE =
  /\b(?:Date\.now|Math\.random|performance\.now|process\.\w+|randomUUID|randomBytes|set(?:Immediate|Interval|Timeout))\b|\bnew Date\(\)/g;

/** Names that hide what a folder is about. */
export const VAGUE_FOLDER = /^(?:common|helpers?|misc|types|utils?)$/;

/** Exports that nothing in the project imports, each with who does. */
export const USED_FROM_OUTSIDE: Readonly<Record<string, string>> = {};

/** Packages that are used without being imported, each with how. */
export const USED_WITHOUT_IMPORT: Readonly<Record<string, string>> = {
  '@biomejs/biome': 'npm run check',
  tsx: 'node --import tsx',
  typescript: 'npm run check, deploy/setup.mjs',
};

/** Optional peers: whoever wants the feature installs the package, and one file alone loads it. */
export const OPTIONAL_PEERS: Readonly<Record<string, string>> = {
  '@kubernetes/client-node': 'control-plane/source/kubernetes/load-access.ts',
};

/** Past this length a file holds a second idea. */
export const MAX_LINES = 400;
