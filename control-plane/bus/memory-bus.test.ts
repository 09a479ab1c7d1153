// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { pino } from 'pino';
import type { EventBody, HeartlineEvent } from '../../shared/events/event.js';
import { eventId } from '../../shared/events/event-id.js';
import { manualClock } from '../../shared/time/manual-clock.js';
import { createMemoryBus } from './memory-bus.js';

const gateway = { cluster: 'local', namespace: 'httpbin', name: 'agentgateway-proxy' };
const compiled: EventBody = { type: 'compiled', gateway, hash: 'aa' };

function newBus(source = 'control-plane') {
  const lines: string[] = [];
  const logger = pino({}, { write: (line: string) => void lines.push(line) });
  const clock = manualClock(1_000);
  return { bus: createMemoryBus({ source, clock, logger }), clock, lines };
}

describe('memory bus', () => {
  test('completes the head and hands the event to every subscriber before it returns', () => {
    const { bus, clock } = newBus();
    const seen: HeartlineEvent[] = [];
    bus.subscribe((event) => seen.push(event));
    bus.subscribe((event) => seen.push(event));
    clock.advance(5);
    const event = bus.publish(compiled, { cause: 7 });
    assert.deepEqual(seen, [event, event]);
    assert.deepEqual(
      { ...event, step: '' },
      { ...compiled, step: '', cause: 7, source: 'control-plane', n: 1, time: 1_005 },
    );
  });

  test('counts the events of its source without holes', () => {
    const { bus } = newBus();
    const counts = [bus.publish(compiled), bus.publish(compiled), bus.publish(compiled)];
    assert.deepEqual(
      counts.map((event) => event.n),
      [1, 2, 3],
    );
  });

  test('two replicas give one event one id', () => {
    const first = newBus('replica-1').bus.publish(compiled, { cause: 7 });
    const second = newBus('replica-2').bus.publish(compiled, { cause: 7 });
    assert.equal(eventId(first), eventId(second));
  });

  test('ids differ per step, and per place when nothing caused them', () => {
    const { bus } = newBus();
    const ids = [
      bus.publish(compiled, { cause: 7 }),
      bus.publish(compiled, { cause: 7, step: 'again' }),
      bus.publish(compiled),
      bus.publish(compiled),
    ].map(eventId);
    assert.equal(new Set(ids).size, 4);
  });

  test('a subscriber that throws is logged and disturbs nobody', () => {
    const { bus, lines } = newBus();
    const seen: string[] = [];
    bus.subscribe(() => {
      throw new Error('broken view');
    });
    bus.subscribe((event) => seen.push(event.type));
    bus.publish(compiled);
    assert.deepEqual(seen, ['compiled']);
    assert.match(lines.join(''), /an event subscriber failed/);
    assert.match(lines.join(''), /broken view/);
  });

  test('a stopped subscription sees nothing more, its twin does', () => {
    const { bus } = newBus();
    let calls = 0;
    const count = () => {
      calls += 1;
    };
    const stop = bus.subscribe(count);
    bus.subscribe(count);
    stop();
    bus.publish(compiled);
    assert.equal(calls, 1);
  });
});
