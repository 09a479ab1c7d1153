// SPDX-License-Identifier: Apache-2.0
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import { HeartlineError } from '../shared/errors/heartline-error.js';
import { type NamespacedName, parseNamespacedName } from '../shared/names/gateway-name.js';
import {
  formatHostPort,
  type HostPort,
  isLoopback,
  parseHostPort,
} from '../shared/names/host-port.js';

/** What the command line and the environment say. */
export interface WorkerFlags {
  /** `host:port`. */
  readonly xdsAddress: string;
  readonly gateway: NamespacedName;
  readonly pod: NamespacedName;
  readonly cluster: string;
  readonly instanceIp: string;
  readonly nodeName: string;
  readonly tokenFile: string | undefined;
  readonly dataDir: string | undefined;
  readonly adminAddress: HostPort;
  readonly statsAddress: HostPort;
  readonly readinessAddress: HostPort;
  /** Empty: every address of the machine. */
  readonly listenAddresses: readonly string[];
  readonly allowLocalBackends: boolean;
  readonly portOffset: number;
  readonly drainSeconds: number;
  readonly parentPipe: boolean;
  readonly logLevel: string;
  /** Share of the ordinary ends of connections that is logged; undefined: none at all. */
  readonly connectionLog: number | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

interface RawFlags {
  readonly xdsAddress?: string;
  readonly gateway?: NamespacedName;
  readonly pod?: NamespacedName;
  readonly cluster: string;
  readonly tokenFile?: string;
  readonly dataDir?: string;
  readonly adminAddr?: HostPort;
  readonly statsAddr?: HostPort;
  readonly readinessAddr?: HostPort;
  readonly listenAddress: readonly string[];
  readonly allowLocalBackends: boolean;
  readonly allowRemoteAdmin: boolean;
  readonly portOffset: number;
  readonly drainSeconds: number;
  readonly parentPipe: boolean;
  readonly logLevel: string;
  readonly connectionLog: number | 'off';
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

/**
 * Reads `argv` without the program's name. The environment names of the reference proxy stand in for flags that are not given.
 * Throws CommanderError (also for --help and --version) and HeartlineError INVALID_ARGUMENT.
 */
export function parseFlags(argv: readonly string[], env: Environment, build: string): WorkerFlags {
  const command = buildCommand(env, build);
  command.parse([...argv], { from: 'user' });
  const raw = command.opts<RawFlags>();
  const gateway = raw.gateway ?? namedBy(env['NAMESPACE'], env['GATEWAY']);
  if (gateway === undefined) throw missing('--gateway NS/NAME', 'NAMESPACE and GATEWAY');
  if (raw.xdsAddress === undefined) throw missing('--xds-address HOST:PORT', 'XDS_ADDRESS');
  const offset = raw.portOffset;
  const adminAddress = raw.adminAddr ?? { host: '127.0.0.1', port: 15_000 + offset };
  if (!isLoopback(adminAddress.host) && !raw.allowRemoteAdmin) {
    throw new HeartlineError(
      'INVALID_ARGUMENT',
      `--admin-addr ${formatHostPort(adminAddress)} is not a loopback address, and the admin port has no authentication: use 127.0.0.1, or add --allow-remote-admin`,
    );
  }
  return {
    xdsAddress: raw.xdsAddress,
    gateway,
    pod: raw.pod ?? {
      namespace: env['POD_NAMESPACE'] || env['NAMESPACE'] || gateway.namespace,
      name: env['POD_NAME'] || hostname(),
    },
    cluster: raw.cluster,
    instanceIp: env['INSTANCE_IP'] || '127.0.0.1',
    nodeName: env['NODE_NAME'] ?? '',
    tokenFile: raw.tokenFile,
    dataDir: raw.dataDir,
    adminAddress,
    statsAddress: raw.statsAddr ?? { host: '127.0.0.1', port: 15_020 + offset },
    readinessAddress: raw.readinessAddr ?? { host: '127.0.0.1', port: 15_021 + offset },
    listenAddresses: raw.listenAddress,
    allowLocalBackends: raw.allowLocalBackends,
    portOffset: offset,
    drainSeconds: raw.drainSeconds,
    parentPipe: raw.parentPipe,
    logLevel: raw.logLevel,
    connectionLog: raw.connectionLog === 'off' ? undefined : raw.connectionLog,
  };
}

function buildCommand(env: Environment, build: string): Command {
  const command = new Command('heartline-dataplane');
  const add = (flags: string, description: string, more: (option: Option) => Option): void => {
    command.addOption(more(new Option(flags, description)));
  };
  const fromEnv =
    (name: string, parse: (text: string) => unknown = String) =>
    (option: Option): Option => {
      option.argParser(parse);
      const value = env[name];
      return value ? option.default(parse(value), name) : option;
    };
  command.description('Serves the listeners of one Gateway as its control plane says.');
  command.version(build).exitOverride().allowExcessArguments(false);
  add(
    '--xds-address <host:port>',
    'control plane, plain-text gRPC',
    fromEnv('XDS_ADDRESS', xdsAddress),
  );
  add('--gateway <ns/name>', 'Gateway to serve', (option) => option.argParser(namespacedName));
  add('--pod <ns/name>', 'name of this worker; default: POD_NAMESPACE/POD_NAME', (option) =>
    option.argParser(namespacedName),
  );
  add('--cluster <name>', 'cluster this worker is in', (option) =>
    option.default(env['CLUSTER_ID'] || 'local'),
  );
  add('--token-file <file>', 'bearer token, read at each connect', fromEnv('XDS_AUTH_TOKEN'));
  add('--data-dir <dir>', 'where the last-good file is kept', (option) => option);
  add('--admin-addr <host:port>', 'default 127.0.0.1:15000', fromEnv('ADMIN_ADDR', hostPort));
  add('--stats-addr <host:port>', 'default 127.0.0.1:15020', fromEnv('STATS_ADDR', hostPort));
  add(
    '--readiness-addr <host:port>',
    'default 127.0.0.1:15021',
    fromEnv('READINESS_ADDR', hostPort),
  );
  add('--listen-address <ip>', 'address of Gateway listeners; repeatable', (option) =>
    option.default([]).argParser((text, before: string[]) => [...before, ipAddress(text)]),
  );
  add('--port-offset <n>', 'added to every default and Gateway port', (option) =>
    option.default(0).argParser((text) => wholeNumber(text, -64_000, 64_000)),
  );
  add('--drain-seconds <n>', 'grace for open connections at the end', (option) =>
    option.default(10).argParser((text) => wholeNumber(text, 0, 86_400)),
  );
  command.option('--allow-local-backends', 'let backends be on loopback addresses', false);
  command.option('--allow-remote-admin', 'let --admin-addr be reachable from elsewhere', false);
  command.option('--parent-pipe', 'end when standard input closes', false);
  add('--log-level <level>', 'least severe lines to write', (option) =>
    option.choices(LOG_LEVELS).default('info'),
  );
  add(
    '--connection-log <off|all|share>',
    'a line for each connection that ends: a share (0 to 1) of the ordinary ends; dead peers, refusals and errors always',
    (option) => option.default(0).argParser(connectionLog),
  );
  return command;
}

function connectionLog(text: string): number | 'off' {
  if (text === 'off') return 'off';
  if (text === 'all') return 1;
  const share = /^(?:0|1|0?\.[0-9]{1,6})$/.test(text) ? Number(text) : Number.NaN;
  if (share >= 0 && share <= 1) return share;
  throw new InvalidArgumentError('It takes off, all, or a share from 0 to 1 such as 0.01.');
}

/** XDS_ADDRESS is a URL in the reference proxy; only plain text is served yet. */
function xdsAddress(text: string): string {
  if (/^https:/i.test(text)) {
    throw new InvalidArgumentError('TLS to the control plane is not served yet; use host:port.');
  }
  return formatHostPort(hostPort(text.replace(/^http:\/\//i, '').replace(/\/$/, '')));
}

function hostPort(text: string): HostPort {
  const parsed = parseHostPort(text);
  if (parsed === undefined) {
    throw new InvalidArgumentError('Write HOST:PORT, such as 127.0.0.1:15000 or [::1]:15000.');
  }
  return parsed;
}

function ipAddress(text: string): string {
  if (isIP(text) === 0) {
    throw new InvalidArgumentError('Write an IP address, such as 127.0.0.1 or ::1.');
  }
  return text;
}

function namespacedName(text: string): NamespacedName {
  const parsed = parseNamespacedName(text);
  if (parsed === undefined) throw new InvalidArgumentError('Write NAMESPACE/NAME.');
  return parsed;
}

function namedBy(namespace: string | undefined, name: string | undefined) {
  return namespace && name ? { namespace, name } : undefined;
}

function wholeNumber(text: string, min: number, max: number): number {
  const value = /^-?[0-9]{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new InvalidArgumentError(`It takes a whole number from ${min} to ${max}.`);
}

function missing(flag: string, variables: string): HeartlineError {
  return new HeartlineError('INVALID_ARGUMENT', `give ${flag}, or set ${variables}`);
}
