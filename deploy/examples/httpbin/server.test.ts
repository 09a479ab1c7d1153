// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { WebSocket } from 'ws';
import { byteAt } from './routes.js';
import { type Httpbin, startHttpbin } from './server.js';

describe('httpbin sample', () => {
  let server: Httpbin;
  let base: string;
  before(async () => {
    server = await startHttpbin({ host: '127.0.0.1', port: 0 });
    base = `127.0.0.1:${server.port}`;
  });
  after(() => server.close());

  const fetchText = async (path: string, init?: RequestInit) => {
    const response = await fetch(`http://${base}${path}`, init);
    return { status: response.status, text: await response.text() };
  };

  for (const [path, status, pattern] of [
    ['/get?a=1', 200, /"args":\{"a":"1"\}/],
    ['/headers', 200, /"user-agent"/],
    ['/status/204', 204, /^$/],
    ['/status/99', 400, /200 to 599/],
    ['/status/x', 400, /200 to 599/],
    ['/delay/0', 200, /"delay":0/],
    ['/delay/-1', 400, /seconds/],
    ['/stream/3?ms=1', 200, /^\{"id":0\}\n\{"id":1\}\n\{"id":2\}\n$/],
    ['/bytes/99999999999', 400, /1073741824/],
    ['/nothing', 404, /no such path/],
  ] as const) {
    it(`GET ${path} answers ${status}`, async () => {
      const answer = await fetchText(path);
      assert.equal(answer.status, status);
      assert.match(answer.text, pattern);
    });
  }

  it('GET /bytes/N sends the promised bytes', async () => {
    const response = await fetch(`http://${base}/bytes/200001`);
    const body = new Uint8Array(await response.arrayBuffer());
    assert.equal(body.length, 200_001);
    assert.ok(body.every((byte, offset) => byte === byteAt(offset)));
  });

  it('POST /post echoes the body', async () => {
    const body = 'x'.repeat(300_000);
    assert.deepEqual(await fetchText('/post', { method: 'POST', body }), {
      status: 200,
      text: body,
    });
  });

  it('/ws echoes messages', async () => {
    const socket = new WebSocket(`ws://${base}/ws`);
    await once(socket, 'open');
    socket.send('hello');
    const [data] = (await once(socket, 'message')) as [Buffer];
    assert.equal(data.toString(), 'hello');
    socket.close();
    await once(socket, 'close');
  });
});
