// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import { parseDurationMs } from '../../shared/time/duration.js';
import type { AddressRange, ConnectionQuery } from '../engine/engine.js';
import {
  CONNECTION_PROTOCOLS,
  CONNECTION_SIDES,
  CONNECTION_STATES,
  type ConnectionPage,
} from '../engine/report.js';
import { parseAddressRange } from '../listeners/address-range.js';
import type { PlainResponse } from './http-server.js';
import { invalid, wholeNumber } from './query-values.js';

/** A page is read in slices, so its size bounds the answer (600 KB), not what traffic waits for. */
const DEFAULT_PAGE = 1000;
const MAX_PAGE = 5000;
/** Views that are rendered in one go: about 0.4 ms. */
const VIEWS_PER_TURN = 128;
const NOT_IN_FORCE = 'not-in-force';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Condition = (into: Mutable<ConnectionQuery>, sent: string, name: string) => void;

/** Parameters of GET /connections that select connections. */
const CONDITIONS: Readonly<Record<string, Condition>> = {
  bind: (into, sent) => {
    into.bindKey = sent;
  },
  client: (into, sent, name) => {
    into.client = addressRange(sent, name);
  },
  deferred: (into, sent, name) => {
    into.deferred = yesOrNo(sent, name);
  },
  idleLongerThan: (into, sent, name) => {
    into.idleLongerThanMs = duration(sent, name);
  },
  listener: (into, sent) => {
    into.listener = sent;
  },
  olderThan: (into, sent, name) => {
    into.olderThanMs = duration(sent, name);
  },
  peer: (into, sent, name) => {
    into.peer = addressRange(sent, name);
  },
  protocol: (into, sent, name) => {
    into.protocol = oneOf(CONNECTION_PROTOCOLS, sent, name);
  },
  settingsPending: (into, sent, name) => {
    into.settingsPending = yesOrNo(sent, name);
  },
  settling: (into, sent, name) => {
    into.settling = yesOrNo(sent, name);
  },
  side: (into, sent, name) => {
    into.side = oneOf(CONNECTION_SIDES, sent, name);
  },
  state: (into, sent, name) => {
    into.state = oneOf(CONNECTION_STATES, sent, name);
  },
  version: (into, sent) => {
    if (sent === NOT_IN_FORCE) into.inForce = false;
    else into.version = sent;
  },
};

const PAGING = ['afterId', 'limit'];

/** The query that the parameters of GET /connections ask for; throws HeartlineError INVALID_ARGUMENT. */
export function connectionQuery(parameters: URLSearchParams): ConnectionQuery {
  const query: Mutable<ConnectionQuery> = {
    afterId: wholeNumber(parameters, 'afterId', {
      min: 0,
      max: Number.MAX_SAFE_INTEGER,
      absent: 0,
    }),
    limit: wholeNumber(parameters, 'limit', { min: 1, max: MAX_PAGE, absent: DEFAULT_PAGE }),
  };
  for (const [name, sent] of parameters) {
    if (PAGING.includes(name)) continue;
    const condition = Object.hasOwn(CONDITIONS, name) ? CONDITIONS[name] : undefined;
    if (condition === undefined) throw unknownParameter(name);
    condition(query, sent, name);
  }
  return query;
}

/** Renders a page a piece at a time, so that traffic goes on meanwhile. */
export async function renderConnections(page: ConnectionPage): Promise<PlainResponse> {
  const pieces: string[] = [];
  for (let from = 0; from < page.connections.length; from += VIEWS_PER_TURN) {
    if (from > 0) await new Promise((resolve) => setImmediate(resolve));
    const views = page.connections.slice(from, from + VIEWS_PER_TURN);
    pieces.push(views.map((view) => JSON.stringify(view)).join(','));
  }
  const rest = JSON.stringify({ nextAfterId: page.nextAfterId, total: page.total }).slice(1);
  const body = `{"connections":[${pieces.join(',')}],${rest}\n`;
  return { contentType: 'application/json', body };
}

function unknownParameter(name: string): HeartlineError {
  const known = [...PAGING, ...Object.keys(CONDITIONS)].sort().join(', ');
  return new HeartlineError(
    'INVALID_ARGUMENT',
    `${name} is no parameter of /connections; it takes ${known}`,
  );
}

function oneOf<T extends string>(values: readonly T[], sent: string, name: string): T {
  const found = values.find((value) => value === sent);
  if (found === undefined) throw invalid(name, sent, values.join(', '));
  return found;
}

function yesOrNo(sent: string, name: string): boolean {
  return oneOf(['true', 'false'], sent, name) === 'true';
}

function duration(sent: string, name: string): number {
  const ms = parseDurationMs(sent);
  if (ms === undefined) throw invalid(name, sent, 'a duration such as 30s, 5m or 1h30m');
  return ms;
}

function addressRange(sent: string, name: string): AddressRange {
  const range = parseAddressRange(sent);
  if (range === undefined) {
    throw invalid(name, sent, 'an IP address or a range such as 10.0.0.0/8 or 2001:db8::/32');
  }
  return range;
}
