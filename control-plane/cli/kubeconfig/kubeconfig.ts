// SPDX-License-Identifier: Apache-2.0
import { parse, stringify } from 'yaml';
import { HeartlineError } from '../../../shared/errors/heartline-error.js';

/** What our commands take from a kubeconfig. */
export interface Connection {
  /** The file it was read from, for messages. */
  readonly path: string;
  /** Base URL of the API server, without a slash at the end. */
  readonly server: string;
  /** PEM of the authority that signed the server's certificate; undefined = those of the system. */
  readonly certificateAuthority: string | undefined;
  readonly token: string | undefined;
  readonly namespace: string;
  /** host:port of the worker's admin listener, from the cluster's extension. */
  readonly workerAdmin: string | undefined;
}

export interface KubeconfigContent {
  readonly server: string;
  /** PEM; absent = the system's authorities, or plain HTTP. */
  readonly certificateAuthority?: string | undefined;
  readonly token: string;
  readonly workerAdmin: string;
}

/** Name of context, cluster and user in the files we write. */
const ENTRY = 'heartline';
/** Name of the cluster extension that holds the worker's admin address. */
const WORKER_EXTENSION = 'heartline.dev/worker';

/** A standard kubeconfig: kubectl and every other client of Kubernetes reads the same file. */
export function renderKubeconfig(content: KubeconfigContent): string {
  const extensions = [{ name: WORKER_EXTENSION, extension: { admin: content.workerAdmin } }];
  const { server, certificateAuthority: pem } = content;
  const trust =
    pem === undefined ? {} : { 'certificate-authority-data': Buffer.from(pem).toString('base64') };
  const text = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': ENTRY,
    contexts: [{ name: ENTRY, context: { cluster: ENTRY, user: ENTRY } }],
    clusters: [{ name: ENTRY, cluster: { server, ...trust, extensions } }],
    users: [{ name: ENTRY, user: { token: content.token } }],
  };
  // Without folding: some readers take a folded base64 text for a broken one.
  return stringify(text, { lineWidth: 0 });
}

/** The current context of a kubeconfig; throws CONFIG with the file and the field. */
export function parseKubeconfig(text: string, path: string): Connection {
  const file = record(parseYaml(text, path));
  const contextName = file['current-context'];
  if (typeof contextName !== 'string') throw broken(path, 'current-context is missing');
  const context = named(file, 'contexts', contextName, 'context', path);
  const cluster = named(file, 'clusters', context['cluster'], 'cluster', path);
  const user = named(file, 'users', context['user'], 'user', path);
  const server = cluster['server'];
  if (typeof server !== 'string' || !URL.canParse(server)) {
    throw broken(path, `server of cluster ${JSON.stringify(context['cluster'])} is no URL`);
  }
  if (!/^https?:$/.test(new URL(server).protocol)) {
    throw broken(path, `server ${server} is neither https:// nor http://`);
  }
  return {
    path,
    server: server.replace(/\/+$/, ''),
    certificateAuthority: authorityOf(cluster, path),
    token: textOf(user['token']),
    namespace: textOf(context['namespace']) ?? 'default',
    workerAdmin: textOf(extensionOf(cluster)['admin']),
  };
}

/** Files that a kubeconfig of another program names are not followed. */
function authorityOf(cluster: Readonly<Record<string, unknown>>, path: string): string | undefined {
  const data = textOf(cluster['certificate-authority-data']);
  if (data === undefined) return undefined;
  const text = Buffer.from(data, 'base64').toString('utf8');
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw broken(path, 'certificate-authority-data is no certificate in PEM and base64');
}

function parseYaml(text: string, path: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    const message = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
    throw broken(path, message);
  }
}

function named(
  file: Readonly<Record<string, unknown>>,
  list: string,
  name: unknown,
  field: string,
  path: string,
): Readonly<Record<string, unknown>> {
  const entry = entries(file[list]).find((candidate) => candidate['name'] === name);
  if (entry === undefined) throw broken(path, `${list} has no entry named ${JSON.stringify(name)}`);
  return record(entry[field]);
}

function extensionOf(
  cluster: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const entry = entries(cluster['extensions']).find(({ name }) => name === WORKER_EXTENSION);
  return record(entry?.['extension']);
}

function entries(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.map(record) : [];
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function broken(path: string, problem: string): HeartlineError {
  return new HeartlineError('CONFIG', `kubeconfig ${path}: ${problem}`, { subject: path });
}
