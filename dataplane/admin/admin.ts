// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import type { Address__Output as Address } from '../../shared/proto/gen/istio/workload/Address.js';
import type { Logger } from '../../shared/telemetry/logger.js';
import type { ConnectionQuery, Engine } from '../engine/engine.js';
import type { ResourceSet } from '../state/resource-set.js';
import type { GatewayResource } from '../state/resource-types.js';
import { configDump, DUMP_PROFILES, type DumpFacts, renderDump } from './config-dump.js';
import type { CpuProfiler } from './cpu-profile.js';
import { type Endpoint, json, type PlainResponse, text } from './http-server.js';

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

/** A page of `/connections`: reading back 1,000 sockets takes a few milliseconds, during which no traffic moves. */
const DEFAULT_PAGE = 1000;
const MAX_PAGE = 5000;
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
        requireProfile(query.get('profile'));
        const body = renderDump(configDump(resources(), addresses(), facts));
        return { contentType: 'application/json', body };
      },
    },
    {
      method: 'GET',
      path: '/connections',
      handle: ({ query }) => json(engine.query(connectionQuery(query))),
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

function requireProfile(profile: string | null): void {
  if (profile === null || DUMP_PROFILES.some((known) => known === profile)) return;
  throw new HeartlineError(
    'INVALID_ARGUMENT',
    `profile is ${profile}; this build writes ${DUMP_PROFILES.join(', ')}`,
  );
}

function connectionQuery(query: URLSearchParams): ConnectionQuery {
  const side = query.get('side');
  if (side !== null && side !== 'downstream' && side !== 'upstream') {
    throw new HeartlineError(
      'INVALID_ARGUMENT',
      `side is ${side}; it takes downstream or upstream`,
    );
  }
  const bindKey = query.get('bind');
  return {
    afterId: wholeNumber(query, 'afterId', { min: 0, max: Number.MAX_SAFE_INTEGER, absent: 0 }),
    limit: wholeNumber(query, 'limit', { min: 1, max: MAX_PAGE, absent: DEFAULT_PAGE }),
    ...(side === null ? {} : { side }),
    ...(bindKey === null ? {} : { bindKey }),
  };
}

interface Range {
  readonly min: number;
  readonly max: number;
  readonly absent: number;
}

function wholeNumber(query: URLSearchParams, name: string, { min, max, absent }: Range): number {
  const sent = query.get(name);
  if (sent === null) return absent;
  const value = /^[0-9]{1,16}$/.test(sent) ? Number(sent) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new HeartlineError(
    'INVALID_ARGUMENT',
    `${name} is ${sent}; it takes a whole number from ${min} to ${max}`,
  );
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
