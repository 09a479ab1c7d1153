// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { manualClock } from '../../shared/time/manual-clock.js';
import { Endpoints } from './endpoints.js';

const SERVICE = 'ns/app';
const target = { key: 'k', service: SERVICE, host: '', port: 80, weight: 1 };

/** Hosts 10.0.0.1 … 10.0.0.n, each with `load` of its host. */
function start(hosts: number, loads: Readonly<Record<string, number>> = {}) {
  const clock = manualClock();
  const draws: number[] = [];
  const endpoints = new Endpoints({
    clock,
    random: () => draws.shift() ?? 0,
    loadOf: ({ host }) => loads[host] ?? 0,
  });
  const list = Array.from({ length: hosts }, (_, index) => ({
    host: `10.0.0.${index + 1}`,
    ports: new Map([[80, 8080]]),
  }));
  endpoints.replace(new Map([[SERVICE, list]]));
  return { clock, draws, endpoints };
}

describe('which endpoint is next', () => {
  it('a static backend has one address, once', () => {
    const choice = start(0).endpoints.choose({ key: 'b', host: 'h', port: 1, weight: 1 });
    assert.deepEqual(
      [choice.next(), choice.next()],
      [{ backend: 'b', host: 'h', port: 1 }, undefined],
    );
  });

  it('none for a Service without endpoints, or without that port', () => {
    const { endpoints } = start(1);
    assert.equal(endpoints.choose({ ...target, service: 'ns/none' }).next(), undefined);
    assert.equal(endpoints.choose({ ...target, port: 81 }).next(), undefined);
    assert.deepEqual(endpoints.choose(target).next(), {
      backend: 'k',
      host: '10.0.0.1',
      port: 8080,
    });
  });

  it('of two taken at random the one with less to do', () => {
    const { draws, endpoints } = start(4, { '10.0.0.2': 3, '10.0.0.3': 2, '10.0.0.4': 9 });
    draws.push(0.25, 0);
    assert.equal(endpoints.choose(target).next()?.host, '10.0.0.3', 'second and third');
    draws.push(0.75, 0);
    assert.equal(endpoints.choose(target).next()?.host, '10.0.0.1', 'fourth and first');
    draws.push(0, 0);
    assert.equal(endpoints.choose({ ...target }).next()?.host, '10.0.0.1', 'first and second');
  });

  it('with equal loads everybody gets the same share', () => {
    const endpoints = new Endpoints({ clock: manualClock(), random: Math.random, loadOf: () => 0 });
    const list = [1, 2, 3, 4].map((host) => ({ host: `h${host}`, ports: new Map([[80, 1]]) }));
    endpoints.replace(new Map([[SERVICE, list]]));
    const counts = new Map<string, number>();
    for (let i = 0; i < 8_000; i += 1) {
      const host = endpoints.choose(target).next()?.host ?? '';
      counts.set(host, (counts.get(host) ?? 0) + 1);
    }
    for (const [host, count] of counts)
      assert.ok(count > 1_700 && count < 2_300, `${host} ${count}`);
  });

  it('never one twice for the same request, and at most three', () => {
    const choice = start(5).endpoints.choose(target);
    const hosts = [1, 2, 3].map(() => choice.next()?.host);
    assert.equal(new Set(hosts).size, 3);
    assert.equal(choice.next(), undefined);
  });

  it('one that refused a connection is passed over for a second, as long as there is another', () => {
    const { clock, endpoints } = start(2);
    const dead = endpoints.choose(target);
    const refused = dead.next() ?? assert.fail();
    dead.failed(refused);
    for (let i = 0; i < 5; i += 1) {
      assert.notEqual(endpoints.choose(target).next()?.host, refused.host);
    }
    const other = endpoints.choose(target);
    other.failed(other.next() ?? assert.fail());
    assert.ok(endpoints.choose(target).next() !== undefined, 'all refused: any of them');
    clock.advance(1_000);
    assert.equal(endpoints.choose(target).next()?.host, '10.0.0.1');
  });
});
