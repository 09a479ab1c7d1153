// SPDX-License-Identifier: Apache-2.0
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeader,
  type ServerResponse,
} from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Dispatcher, Pool } from 'undici';

/** `peer-main NAME NODE_MODULES ORIGIN_PORT`: a proxy of npm as its README sets it up, with kept-alive connections. Prints its port. */
type Serve = (request: IncomingMessage, response: ServerResponse) => void;

const [, , name = '', modules = '', originPort = ''] = process.argv;
const target = `http://127.0.0.1:${originPort}`;
const require = createRequire(join(modules, 'bench.js'));

/** Typed by hand as far as it is used: the packages are not installed where this is compiled. */
interface HttpProxy {
  createProxyServer(options: object): { web: Serve };
}
interface FastifyApp {
  register(plugin: unknown, options: object): void;
  listen(options: object): Promise<unknown>;
  addresses(): AddressInfo[];
}
type FastProxy = (options: object) => { proxy: (...args: unknown[]) => void };

async function httpProxy3(): Promise<number> {
  const { Agent } = await import('node:http');
  const { createProxyServer } = require('http-proxy-3') as HttpProxy;
  const proxy = createProxyServer({
    target,
    agent: new Agent({ keepAlive: true, maxSockets: 256 }),
  });
  return serve((request, response) => proxy.web(request, response));
}

async function fastifyHttpProxy(): Promise<number> {
  const fastify = require('fastify') as () => FastifyApp;
  const app = fastify();
  app.register(require('@fastify/http-proxy'), { upstream: target });
  await app.listen({ host: '127.0.0.1', port: 0 });
  return app.addresses()[0]?.port ?? 0;
}

function fastProxy(): Promise<number> {
  const { proxy } = (require('fast-proxy') as FastProxy)({ base: target });
  return serve((request, response) => proxy(request, response, request.url, {}));
}

/** What node:http and undici cost by themselves: neither routes nor checks, headers passed on as they are. */
async function bareLibraries(): Promise<number> {
  const pool = new Pool(target, { connections: 256 });
  return serve((request, response) => {
    const { method = 'GET', url: path = '/', rawHeaders: headers } = request;
    pool.dispatch(
      { method: method as Dispatcher.HttpMethod, path, headers, body: null },
      {
        onConnect: () => undefined,
        onHeaders: (status, raw) => {
          const headers: string[] = [];
          for (let i = 0; i + 1 < raw.length; i += 2) {
            const name = raw[i]?.toString('latin1') ?? '';
            if (!/^connection$/i.test(name))
              headers.push(name, raw[i + 1]?.toString('latin1') ?? '');
          }
          // A flat array of names and values, which Node's types do not know.
          response.writeHead(status, headers as unknown as OutgoingHttpHeader[]);
          return true;
        },
        onData: (chunk) => response.write(chunk),
        onComplete: () => void response.end(),
        onError: () => void response.destroy(),
      },
    );
  });
}

function serve(handle: Serve): Promise<number> {
  const server = createServer(handle);
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

const start = {
  'http-proxy-3': httpProxy3,
  '@fastify/http-proxy': fastifyHttpProxy,
  'fast-proxy': fastProxy,
  'node:http + undici': bareLibraries,
}[name];
if (start === undefined) throw new Error(`no peer ${name}`);
console.log(await start());
process.stdin.resume().once('end', () => process.exit(0));
