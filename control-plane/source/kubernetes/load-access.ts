// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from 'node:fs';
import { Agent as HttpAgent } from 'node:http';
import { type AgentOptions, Agent as HttpsAgent, type RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { errnoOf, HeartlineError } from '../../../shared/errors/heartline-error.js';
import type { ClusterAccess } from './cluster-client.js';

export interface AccessOptions {
  /** A kubeconfig file; undefined = the service account of the pod that we run in. */
  readonly kubeconfig: string | undefined;
  /** Default: the kubeconfig's current context. */
  readonly context: string | undefined;
}

/** Where the kubelet puts what a pod needs to talk to its API server. */
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
/** A dead connection is noticed by the kernel, beside the watch's own deadline for silence. */
const TCP_KEEPALIVE_MS = 30_000;

export interface NamedAccess extends ClusterAccess {
  /** What messages call the cluster: the kubeconfig's context, or `in-cluster`. */
  readonly name: string;
}

type ClientNode = typeof import('@kubernetes/client-node');

/**
 * Reads who we are in the cluster, by @kubernetes/client-node: tokens, client certificates, exec plugins, OIDC and
 * proxies work as in every other client. Throws CONFIG with what to do when the package, the file or the context is missing.
 */
export async function loadClusterAccess(options: AccessOptions): Promise<NamedAccess> {
  const library = await importClientNode();
  let config = readConfig(library, options);
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw noCluster(options);
  const server = readServer(cluster.server, cluster.skipTLSVerify ?? false);
  let agent: KeptAgent | undefined;
  return {
    server,
    name: options.kubeconfig === undefined ? 'in-cluster' : config.getCurrentContext(),
    namespace: config.getContextObject(config.getCurrentContext())?.namespace,
    async authorize() {
      const wanted: RequestOptions = { headers: {} };
      await config.applyToHTTPSOptions(wanted);
      agent = keepAgent(agent, wanted, server, cluster.proxyUrl !== undefined);
      return { headers: headersOf(wanted), agent: agent.agent };
    },
    renew() {
      config = readConfig(library, options);
    },
    close() {
      agent?.agent.destroy();
    },
  };
}

async function importClientNode(): Promise<ClientNode> {
  try {
    return await import('@kubernetes/client-node');
  } catch (cause) {
    if (errnoOf(cause) !== 'ERR_MODULE_NOT_FOUND') throw cause;
    throw new HeartlineError(
      'CONFIG',
      '--source kubernetes needs the package @kubernetes/client-node, which is not installed: npm install @kubernetes/client-node@1',
      { cause },
    );
  }
}

function readConfig(library: ClientNode, { kubeconfig, context }: AccessOptions): KubeConfig {
  const config = new library.KubeConfig();
  if (kubeconfig === undefined) {
    if (!existsSync(`${SERVICE_ACCOUNT}/token`)) {
      throw new HeartlineError(
        'CONFIG',
        `--source kubernetes without --kubeconfig works in a pod only, and there is no ${SERVICE_ACCOUNT}/token: give --kubeconfig FILE`,
      );
    }
    config.loadFromCluster();
  } else loadFile(config, kubeconfig);
  if (context === undefined) return config;
  if (config.getContextObject(context) === null) {
    const known = config.getContexts().map(({ name }) => name);
    throw new HeartlineError(
      'CONFIG',
      `--context ${context} is not in ${kubeconfig ?? 'the configuration of the pod'}; it has ${known.sort().join(', ')}`,
      { subject: context },
    );
  }
  config.setCurrentContext(context);
  return config;
}

function loadFile(config: KubeConfig, file: string): void {
  try {
    config.loadFromFile(file);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new HeartlineError('CONFIG', `--kubeconfig ${file} cannot be used: ${reason}`, {
      subject: file,
      cause,
    });
  }
}

function noCluster({ kubeconfig }: AccessOptions): HeartlineError {
  return new HeartlineError(
    'CONFIG',
    `--kubeconfig ${kubeconfig} has no current context with a cluster: set one with kubectl config use-context, or give --context`,
  );
}

function readServer(text: string, skipTlsVerify: boolean): URL {
  const server = URL.canParse(text) ? new URL(text) : undefined;
  if (server?.protocol === 'https:') return server;
  if (server?.protocol === 'http:' && skipTlsVerify) return server;
  throw new HeartlineError(
    'CONFIG',
    `the cluster's server ${text} is no https:// URL; plain http needs insecure-skip-tls-verify: true beside it in the kubeconfig, as for every client`,
    { subject: text },
  );
}

function headersOf({ headers, auth }: RequestOptions): Record<string, string> {
  const basic =
    typeof auth === 'string'
      ? [['authorization', `Basic ${Buffer.from(auth).toString('base64')}`]]
      : [];
  // A token file may end in a line end, which no header can carry.
  const given = Object.entries(headers ?? {}).map(([name, value]) => [name, String(value).trim()]);
  return Object.fromEntries([...basic, ...given]) as Record<string, string>;
}

/** Connections are kept for as long as the certificates they were made with are the same. */
interface KeptAgent {
  readonly agent: HttpAgent;
  readonly key: string;
}

function keepAgent(
  kept: KeptAgent | undefined,
  wanted: RequestOptions,
  server: URL,
  hasProxy: boolean,
): KeptAgent {
  const { ca, cert, key, pfx, passphrase, servername, rejectUnauthorized } = wanted;
  const tls = { ca, cert, key, pfx, passphrase, servername, rejectUnauthorized };
  const id = JSON.stringify(Object.values(tls).map(String));
  if (kept?.key === id) return kept;
  // Watches over the old connections end with them and go on from where they were.
  kept?.agent.destroy();
  // What the library made goes through the proxy; else ours, which keeps connections.
  if (hasProxy) return { key: id, agent: wanted.agent as HttpAgent };
  const reuse = { keepAlive: true, keepAliveMsecs: TCP_KEEPALIVE_MS };
  const given = Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined));
  const agent =
    server.protocol === 'http:'
      ? new HttpAgent(reuse)
      : new HttpsAgent({ ...reuse, ...(given as AgentOptions) });
  return { key: id, agent };
}

/** The namespace that we run in, in a pod. */
export function podNamespace(): string | undefined {
  try {
    return readFileSync(`${SERVICE_ACCOUNT}/namespace`, 'utf8').trim() || undefined;
  } catch {
    // Not in a pod.
    return undefined;
  }
}
