// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import type { Address__Output as Address } from '../../shared/proto/gen/istio/workload/Address.js';
import type { Logger } from '../../shared/telemetry/logger.js';
import type { Engine } from '../engine/engine.js';
import type { ResourceSet } from '../state/resource-set.js';
import type { GatewayResource } from '../state/resource-types.js';
import { configDump, type DumpFacts, renderDump } from './config-dump.js';
import {
  DEFAULT_PROFILE,
  DUMP_PROFILES,
  type DumpProfile,
  dumpProfile,
} from './config-dump-profile.js';
import { connectionQuery, renderConnections } from './connections.js';
import type { CpuProfiler } from './cpu-profile.js';
import { type Endpoint, json, type PlainResponse, text } from './http-server.js';
import { invalid, wholeNumber } from './query-values.js';

export interface AdminOptions {
  readonly resources: () => ResourceSet<GatewayResource>;
  readonly addresses: () => ResourceSet<Address>;
  readonly facts: DumpFacts;
  readonly engine: Pick<Engine, 'query' | 'summary'>;
  /** What /debug/summary shows beside the engine. */
  readonly describe: () => object;
  readonly logger: Logger;
  readonly profiler: CpuProfiler;
  /** Drains and ends the worker. */
  readonly quit: () => void;
}

/** Bounds of the reference proxy's profile endpoint. */
const DEFAULT_PROFILE_SECONDS = 10;
const MAX_PROFILE_SECONDS = 300;

export function adminEndpoints(options: AdminOptions): Endpoint[] {
  const { engine, facts, resources, addresses, describe, logger, profiler, quit } = options;
  const startLevel = logger.level;
  return [
    {
      method: 'GET',
      path: '/config_dump',
      handle: ({ query }) => {
        const profile = readProfile(query.get('profile') ?? DEFAULT_PROFILE);
        const body = renderDump(configDump(resources(), addresses(), facts, profile));
        return { contentType: 'application/json', body };
      },
    },
    {
      method: 'GET',
      path: '/connections',
      handle: async ({ query }) => renderConnections(await engine.query(connectionQuery(query))),
    },
    {
      method: 'GET',
      path: '/debug/summary',
      handle: () => json({ ...describe(), engine: engine.summary() }),
    },
    {
      method: 'GET',
      path: '/debug/cpuprofile',
      handle: async ({ query }) => {
        const seconds = wholeNumber(query, 'seconds', {
          min: 1,
          max: MAX_PROFILE_SECONDS,
          absent: DEFAULT_PROFILE_SECONDS,
        });
        return { contentType: 'application/json', body: await profiler.profile(seconds) };
      },
    },
    {
      method: 'POST',
      path: '/logging',
      handle: ({ query }) => setLevel(logger, query.get('level'), startLevel),
    },
    {
      method: 'POST',
      path: '/quitquitquit',
      handle: () => {
        logger.info('asked to quit through the admin port');
        quit();
        return text(200, 'shutting down\n');
      },
    },
  ];
}

function readProfile(name: string): DumpProfile {
  const profile = dumpProfile(name);
  if (profile === undefined) throw invalid('profile', name, DUMP_PROFILES.join(', '));
  return profile;
}

function setLevel(logger: Logger, level: string | null, startLevel: string): PlainResponse {
  const levels = [...Object.keys(logger.levels.values), 'silent'];
  const wanted = level === 'reset' ? startLevel : level;
  if (wanted !== null && !levels.includes(wanted)) {
    throw new HeartlineError(
      'INVALID_ARGUMENT',
      `level is ${wanted}; it takes ${levels.join(', ')} or reset`,
    );
  }
  if (wanted !== null) logger.level = wanted;
  return text(200, `the log level is ${logger.level}\n`);
}
