// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { WebSocket } from 'ws';
import { eventually } from '../support/eventually.js';
import {
  eventCount,
  FORWARD_PATH,
  type ForwardLab,
  startForwardLab,
  startTarget,
  type TargetServer,
} from '../support/forward-lab.js';
import type { SpdyClient } from '../support/spdy-client.js';

const MIB = 1_048_576;

/** Says who it is, then sends everything back; ends its direction when the client has ended its own. */
function echo(name: string): (socket: Socket) => void {
  return (socket) => {
    socket.write(`${name}:`);
    socket.pipe(socket);
  };
}

describe('port-forward', () => {
  let targets: Record<'admin' | 'stats' | 'readiness', TargetServer>;
  let lab: ForwardLab;
  before(async () => {
    targets = {
      admin: await startTarget(echo('admin')),
      stats: await startTarget(echo('stats')),
      readiness: await startTarget(echo('readiness')),
    };
    const { admin, stats, readiness } = targets;
    lab = await startForwardLab({
      admin: admin.port,
      stats: stats.port,
      readiness: readiness.port,
    });
  });
  after(async () => {
    await lab.close();
    for (const target of Object.values(targets)) await target.close();
  });

  const TRANSPORTS = {
    'SPDY/3.1': () => lab.spdy(),
    'SPDY/3.1 in a websocket': () => lab.spdyInWebSocket(),
  };
  for (const [name, connect] of Object.entries(TRANSPORTS)) {
    describe(`over ${name}`, () => {
      let client: SpdyClient;
      before(async () => {
        client = await connect();
      });
      after(() => client.close());

      for (const [port, target] of [
        [15_000, 'admin'],
        [15_020, 'stats'],
        [15_021, 'readiness'],
      ] as const) {
        it(`port ${port} is the worker's ${target}, and an end goes through in each direction`, async () => {
          const { data, error } = await client.openPair(port, target);
          client.write(data, 'over ');
          client.write(data, 'there');
          client.end(data);
          assert.equal(await client.text(data), `${target}:over there`);
          assert.equal(await client.text(error), '', 'the error stream ends without an error');
          assert.ok(data.isAnswered && error.isAnswered);
        });
      }

      it('any other port is refused with what can be forwarded', async () => {
        const { data, error } = await client.openPair(22, 'other');
        assert.match(
          await client.text(error),
          /port 22 of pod agentgateway-system\/agentgateway-proxy-0 cannot be forwarded; these can: 15000 \(admin\), 15021 \(readiness\), 15020 \(stats\)/,
        );
        assert.equal(await client.text(data), '');
      });

      it('eight connections at once keep their bytes apart', async () => {
        const pairs = await Promise.all(
          Array.from({ length: 8 }, (_, n) => client.openPair(15_000, `parallel-${n}`)),
        );
        const bodies = pairs.map((_, n) => Buffer.alloc(200_000, `${n}`));
        pairs.forEach(({ data }, n) => {
          client.write(data, bodies[n] ?? '');
          client.end(data);
        });
        for (const [n, { data }] of pairs.entries()) {
          assert.equal(await client.text(data), `admin:${bodies[n]}`);
        }
      });

      it('a reset reaches the server, and the connection goes on', async () => {
        const open = targets.admin.sockets.size;
        const { data, error } = await client.openPair(15_000, 'reset');
        client.write(data, 'x');
        await eventually(() => assert.equal(Buffer.concat(data.chunks).toString(), 'admin:x'));
        assert.equal(targets.admin.sockets.size, open + 1);
        client.reset(data);
        await eventually(() => assert.equal(targets.admin.sockets.size, open));
        assert.equal(await client.text(error), '');
      });

      it('a PING is answered', async () => {
        client.ping(7);
        await eventually(() => assert.deepEqual(client.pings, [7]));
      });
    });
  }

  describe('over v4.channel.k8s.io', () => {
    const connect = async (query: string): Promise<[WebSocket, Buffer[]]> => {
      const socket = lab.webSocket(['v5.channel.k8s.io', 'v4.channel.k8s.io'], query);
      const messages: Buffer[] = [];
      socket.on('message', (message: Buffer) => messages.push(message));
      await once(socket, 'open');
      assert.equal(socket.protocol, 'v4.channel.k8s.io');
      return [socket, messages];
    };
    const textOf = (messages: readonly Buffer[], channel: number): string =>
      Buffer.concat(messages.filter(([first]) => first === channel).map((one) => one.subarray(1)))
        .subarray(2)
        .toString();

    it('the first bytes of each channel are its port, and bytes go through', async () => {
      const [socket, messages] = await connect('ports=15000&ports=15020');
      const ports = Buffer.of(15_000 & 255, 15_000 >> 8);
      await eventually(() => assert.ok(messages.length >= 4, 'messages.length >= 4'));
      assert.deepEqual(messages[0], Buffer.concat([Buffer.of(0), ports]));
      assert.deepEqual(messages[1], Buffer.concat([Buffer.of(1), ports]));
      socket.send(Buffer.from('\0hello'));
      socket.send(Buffer.from('\x02there'));
      await eventually(() => assert.equal(textOf(messages, 0), 'admin:hello'));
      await eventually(() => assert.equal(textOf(messages, 2), 'stats:there'));
      const open = targets.admin.sockets.size;
      socket.close();
      await eventually(() => assert.equal(targets.admin.sockets.size, open - 1));
    });

    it('another port is an error on its channel, and the end', async () => {
      const [socket, messages] = await connect('ports=80');
      await once(socket, 'close');
      assert.match(textOf(messages, 1), /port 80 .* cannot be forwarded/);
    });
  });

  describe('who asks', () => {
    for (const [name, path, headers, status, message] of [
      ['without a token', FORWARD_PATH, { authorization: '' }, 401, /no bearer token/],
      [
        'a pod that is none',
        FORWARD_PATH.replace('proxy-0', 'proxy-9'),
        {},
        404,
        /^pods "agentgateway-proxy-9" not found$/,
      ],
      ['another path', '/version', {}, 404, /nothing to upgrade to/],
      ['another Host', FORWARD_PATH, { host: 'evil.example' }, 403, /Host "evil.example"/],
      [
        'another Origin',
        FORWARD_PATH,
        { origin: 'http://evil.example' },
        403,
        /Origin "http:\/\/evil.example"/,
      ],
      [
        'another protocol',
        FORWARD_PATH,
        { upgrade: 'h2c' },
        400,
        /Upgrade h2c is not spoken here; use SPDY\/3\.1 or websocket/,
      ],
      [
        'another kind of streams',
        FORWARD_PATH,
        { 'x-stream-protocol-version': 'v4.channel.k8s.io' },
        400,
        /use portforward\.k8s\.io/,
      ],
    ] as const) {
      it(`${name}: ${status}`, async () => {
        const answer = await lab.refused(path, headers);
        assert.equal(answer.status, status);
        assert.match(answer.body.message, message);
      });
    }
  });

  it('is in the events, once for each connection', async () => {
    const { controlPlane } = lab;
    const before = await eventCount(controlPlane, 'forwarded');
    const client = await lab.spdy();
    for (const id of ['1', '2']) {
      const { data } = await client.openPair(15_000, id);
      client.end(data);
      await client.text(data);
    }
    await eventually(async () =>
      assert.equal(await eventCount(controlPlane, 'forwarded'), before + 4),
    );
    client.close();
  });

  it('frames that make no sense end the connection with GOAWAY, and nothing else', async () => {
    const cases: Readonly<Record<string, (client: SpdyClient) => unknown>> = {
      'another version': (client) => client.control(1, Buffer.alloc(10), 0, 2),
      'an even stream': (client) => client.openAs(2, {}),
      'a stream that goes back': async (client) => {
        await client.openAs(9, { port: '15000', streamtype: 'data', requestid: '9' });
        await client.openAs(7, { port: '15000', streamtype: 'data', requestid: '7' });
      },
      'a stream cut short': (client) => client.control(1, Buffer.alloc(9)),
      'headers that are no zlib': (client) => client.control(1, Buffer.alloc(300, 1)),
      'a control frame of 1 MiB': (client) => client.control(4, Buffer.alloc(MIB)),
      'data of a stream that never was': (client) =>
        client.transport.write(Buffer.from('0000000b00000001ff', 'hex')),
      'headers that unpack to a megabyte': (client) => client.open({ port: 'x'.repeat(MIB) }),
    };
    for (const [name, send] of Object.entries(cases)) {
      const client = await lab.spdy();
      await send(client);
      await eventually(() => assert.ok(client.hasGoAway, `${name}: GOAWAY`));
      await eventually(() => assert.ok(client.isClosed, `${name}: closed`));
    }
    const good = await lab.spdy();
    const { data } = await good.openPair(15_000, 'after');
    good.end(data);
    assert.equal(await good.text(data), 'admin:');
    good.close();
  });
});
