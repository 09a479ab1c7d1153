// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { describe, it } from 'node:test';
import { manualClock } from '../../shared/time/manual-clock.js';
import { plan, portOf, startBackend, startEngine } from '../support/engine-lab.js';
import { eventually } from '../support/eventually.js';

describe('an HTTP/2 client that leaves in the midst of an answer', () => {
  it('used to be kept for as long as the backend went on: it ends, and the request with it', async (t) => {
    const backendPort = await startBackend(t, (_request, response) => {
      const timer = setInterval(() => response.write('more of it\n'), 5);
      response.once('close', () => clearInterval(timer));
    });
    const clock = manualClock();
    const engine = startEngine(t, { clock });
    await engine.apply(plan('0', { backendPort }));
    const session = connect(`http://127.0.0.1:${portOf(engine)}`);
    session.on('error', () => undefined);
    const stream = session.request({ ':path': '/' });
    stream.on('error', () => undefined);
    await once(stream, 'response');
    // GOAWAY with NO_ERROR and a FIN; the reset that answers the next part of the answer is read by nobody.
    stream.close();
    session.destroy();
    await eventually(async () => {
      clock.advance(1000);
      const { connections } = await engine.query({ afterId: 0, limit: 10 });
      assert.deepEqual(
        connections.map(({ state, protocol }) => [state, protocol]),
        [],
      );
    });
  });
});
