// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openSocketOptions } from '../keepalive/socket-options.js';
import type { Connection } from './connection.js';
import { type QueryContext, queryConnections } from './connection-query.js';

/** Connections whose sockets have ended: nothing of the kernel is asked, so only slices and order are seen. */
function connectionOf(id: number): Connection {
  const group = { key: 'b', side: 'downstream', version: '1', generation: 1 };
  const handle = { fd: -1 };
  return { id, group, handle, index: 0, verified: 1, bornMs: 0, socket: {} } as Connection;
}

/** Time passes with every look at it, so that each look ends a slice; `between` runs between two slices. */
function pacedContext(between: () => void): QueryContext & { readonly turns: () => number } {
  let nowMs = 0;
  let turns = 0;
  return {
    socketOptions: openSocketOptions(),
    monotonicMs: () => {
      nowMs += 1;
      return nowMs;
    },
    nextTurn(task) {
      turns += 1;
      between();
      setImmediate(task);
    },
    turns: () => turns,
  };
}

/** As the registry removes: the last one takes the place. */
function removeAt(connections: Connection[], index: number): void {
  const last = connections.pop();
  if (last !== undefined && index < connections.length) connections[index] = last;
}

describe('a page of connections', () => {
  it('lets the loop go on and shows each connection that stays once, whatever moves meanwhile', async () => {
    const connections = Array.from({ length: 200 }, (_, at) => connectionOf(at + 1));
    const gone = new Set<number>();
    let nextId = 201;
    const context = pacedContext(() => {
      const { id } = connections[3] as Connection;
      gone.add(id);
      removeAt(connections, 3);
      connections.push(connectionOf(nextId));
      nextId += 1;
    });
    const page = await queryConnections(connections, { afterId: 0, limit: 1000 }, context);
    const ids = page.connections.map(({ id }) => id);
    assert.deepEqual(
      ids,
      ids.toSorted((a, b) => a - b),
    );
    assert.equal(new Set(ids).size, ids.length, 'none twice');
    const stayed = Array.from({ length: 200 }, (_, at) => at + 1).filter((id) => !gone.has(id));
    assert.deepEqual(
      stayed.filter((id) => !ids.includes(id)),
      [],
      'none is missed',
    );
    assert.ok(context.turns() >= 200 / 16, String(context.turns()));
  });

  it('leaves out what closed after it was found, and still says where the next page begins', async () => {
    const connections = [1, 2, 3].map(connectionOf);
    const closing = connections[1] as Connection;
    const context = pacedContext(() => {
      closing.index = -1;
    });
    const query = { afterId: 0, limit: 2 };
    const page = await queryConnections(connections, query, context);
    assert.deepEqual(
      page.connections.map(({ id }) => id),
      [1],
    );
    assert.deepEqual([page.nextAfterId, page.total], [2, 3]);
    const last = await queryConnections(connections, { afterId: 2, limit: 2 }, context);
    assert.deepEqual([last.connections.length, last.nextAfterId], [1, undefined]);
  });
});
