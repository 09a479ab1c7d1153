// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Lease {
  readonly metadata: {
    readonly name: string;
    readonly resourceVersion: string;
    readonly uid: string;
  };
  readonly spec?: { readonly holderIdentity?: string };
}

/** coordination.k8s.io/v1 as far as an election needs it: create once, update only what was read. */
export interface LeaseServer {
  readonly url: string;
  /** Who holds the Lease of that name; undefined = nobody. */
  holder(name: string): string | undefined;
  close(): Promise<void>;
}

export async function startLeaseServer(): Promise<LeaseServer> {
  const leases = new Map<string, Lease>();
  let revision = 0;

  const store = (lease: Lease): Lease => {
    revision += 1;
    const uid = leases.get(lease.metadata.name)?.metadata.uid ?? randomUUID();
    const metadata = { ...lease.metadata, uid, resourceVersion: String(revision) };
    const stored = { ...lease, metadata };
    leases.set(lease.metadata.name, stored);
    return stored;
  };
  const respond = async (request: IncomingMessage, reply: ServerResponse): Promise<void> => {
    const name = /\/leases\/([^/?]+)/.exec(request.url ?? '')?.[1];
    const found = name === undefined ? undefined : leases.get(name);
    if (request.method === 'GET') return found ? send(reply, 200, found) : send(reply, 404);
    const sent = await readLease(request);
    if (request.method === 'POST') {
      return leases.has(sent.metadata.name) ? send(reply, 409) : send(reply, 201, store(sent));
    }
    if (found === undefined) return send(reply, 404);
    const isFresh = found.metadata.resourceVersion === sent.metadata.resourceVersion;
    return isFresh ? send(reply, 200, store(sent)) : send(reply, 409);
  };

  const server = createServer((request, reply) => void respond(request, reply));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    holder: (name) => leases.get(name)?.spec?.holderIdentity || undefined,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readLease(request: IncomingMessage): Promise<Lease> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString()) as Lease;
}

function send(reply: ServerResponse, status: number, body: object = { code: status }): void {
  reply.writeHead(status, { 'content-type': 'application/json' });
  reply.end(JSON.stringify(body));
}
