// SPDX-License-Identifier: Apache-2.0

/** A guarantee, how it is broken, and the test that must notice. */
export interface Sabotage {
  /** What would not hold any more. */
  readonly breaks: string;
  /** A source file, and the one text in it that is replaced. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
  readonly test: { readonly file: string; readonly name: string };
}

const SOCKET_OPTIONS = 'dataplane/keepalive/socket-options.ts';
const SOCKET_VALUES = 'dataplane/listeners/socket-values.ts';
const UNACKED = 'dataplane/keepalive/unacked.ts';
const PING_MACHINE = 'dataplane/keepalive/ping-machine.ts';
const TIMER_WHEEL = 'dataplane/keepalive/timer-wheel.ts';
const VALUES_TEST = 'test/integration/engine-values.test.ts';
const DRIFT_TEST = 'test/integration/engine-drift.test.ts';
const DEADLINES_TEST = 'test/integration/engine-deadlines.test.ts';
const EACH_KIND = 'reach listening sockets and every kind of open connection, and go off again';

export const SABOTAGES: readonly Sabotage[] = [
  {
    breaks: 'TCP_KEEPIDLE is written last, so that a running timer is re-armed',
    file: SOCKET_OPTIONS,
    from: `writeAllButIdle(fd, values) &&
        // Last, always: of these only TCP_KEEPIDLE re-arms a timer that is already running.
        write(fd, IPPROTO_TCP, TCP_KEEPIDLE, values.idleSeconds);`,
    to: `write(fd, IPPROTO_TCP, TCP_KEEPIDLE, values.idleSeconds) &&
        writeAllButIdle(fd, values);`,
    test: {
      file: 'test/integration/rearmed-timer.test.ts',
      name: 'counts the silence so far when keepalive is switched on',
    },
  },
  {
    breaks: 'every open connection is swept',
    file: SOCKET_VALUES,
    from: 'if (isInForce(connection) || connection.paced',
    to: 'if (connection.id % 7 === 0 || isInForce(connection) || connection.paced',
    test: { file: VALUES_TEST, name: EACH_KIND },
  },
  {
    breaks: 'an accepted socket is read back: it may come from before the change',
    file: SOCKET_VALUES,
    from: 'if (this.#options.socketOptions.verify(fd, group.target) === 0) this',
    to: 'if (fd >= 0) this',
    test: {
      file: VALUES_TEST,
      name: 'reach connections that were waiting for accept while the values changed',
    },
  },
  {
    breaks: 'listening sockets get the values too',
    file: 'dataplane/listeners/bind.ts',
    from: 'const refusal = this.#writeListening(target, this.group.target);',
    to: 'const refusal = undefined;',
    test: { file: VALUES_TEST, name: EACH_KIND },
  },
  {
    breaks: 'values of a backend reach its open connections',
    file: 'dataplane/listeners/connection-groups.ts',
    from: 'upstreams?.get(key) ?? upstreamTcp',
    to: 'upstreamTcp',
    test: {
      file: VALUES_TEST,
      name: 'differ per backend, and follow their policy on connections that are open',
    },
  },
  {
    breaks: '"off" is written like any other value',
    file: SOCKET_OPTIONS,
    from: 'write(fd, SOL_SOCKET, SO_KEEPALIVE, values.enabled ? 1 : 0);',
    to: '(!values.enabled || write(fd, SOL_SOCKET, SO_KEEPALIVE, 1));',
    test: {
      file: 'dataplane/keepalive/socket-options.test.ts',
      name: 'off brings back the values of the system',
    },
  },
  {
    breaks: 'TCP_USER_TIMEOUT stays 0',
    file: SOCKET_OPTIONS,
    from: 'write(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 0)',
    to: 'write(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 5000)',
    test: {
      file: 'dataplane/keepalive/socket-options.test.ts',
      name: 'writes what another process reads, and reads the same',
    },
  },
  {
    breaks: 'what is reported is read from the kernel, not copied from the plan',
    file: SOCKET_OPTIONS,
    from: 'return same ? 0 : DIFFERS;',
    to: 'return 0;',
    test: {
      file: DRIFT_TEST,
      name: 'are found on listening, client and backend sockets, put back and counted',
    },
  },
  {
    breaks: '/connections reads the kernel for each answer',
    file: 'dataplane/listeners/connection-query.ts',
    from: "keepalive: typeof keepalive === 'object' ? keepalive : undefined,",
    to: 'keepalive: { ...connection.group.target, userTimeoutMs: 0 },',
    test: { file: DRIFT_TEST, name: 'are seen as they are until they are found' },
  },
  {
    breaks: 'what another process changed is repaired',
    file: SOCKET_VALUES,
    from: `    connection.verified = 0;
    group.inForce -= 1;
    this.bringInForce(connection);
    return true;`,
    to: '    return true;',
    test: {
      file: DRIFT_TEST,
      name: 'are found on listening, client and backend sockets, put back and counted',
    },
  },
  {
    breaks: 'the acknowledgement waits for the sweep',
    file: 'dataplane/engine/apply-runs.ts',
    from: 'if (this.#verifiedMs !== undefined) this.#settle();',
    to: 'this.#settle();',
    test: {
      file: 'test/integration/engine-acknowledgement.test.ts',
      name: 'comes when every open connection was read back',
    },
  },
  {
    breaks: 'a newer change starts the sweep over',
    file: 'dataplane/keepalive/sweep.ts',
    from: `      remaining = items.length;
      if (running) return;`,
    to: `      if (running) return;
      remaining = items.length;`,
    test: {
      file: 'dataplane/keepalive/sweep.test.ts',
      name: 'starts over for a newer change and ends once, with the newest on every item',
    },
  },
  {
    breaks: 'sockets that would probe at once are paced',
    file: SOCKET_VALUES,
    from: 'if (this.#wouldProbeNow(connection, fd) && !this.#pacer.takeTurn()) this',
    to: 'if (fd < 0) this',
    test: {
      file: 'test/integration/engine-settling.test.ts',
      name: 'settle at a bounded rate, and nothing waits for them or claims that they hold',
    },
  },
  {
    breaks: 'an acknowledgement is life',
    file: UNACKED,
    from: 'const acknowledged = info.sinceLastAckMs <= nowMs - state.lookedMs + JIFFY_MS;',
    to: 'const acknowledged = false;',
    test: { file: 'dataplane/keepalive/unacked.test.ts', name: 'an acknowledgement of a part' },
  },
  {
    breaks: 'a reader that pauses owes nothing between two window probes',
    file: UNACKED,
    from: 'acknowledged || owesNothing ?',
    to: 'acknowledged ?',
    test: {
      file: 'dataplane/keepalive/unacked.test.ts',
      name: 'between two window probes, however long that is',
    },
  },
  {
    breaks: 'a peer that died with data in flight is found',
    file: UNACKED,
    from: 'return isDead ? DEAD :',
    to: 'return isDead ? CLEAN :',
    test: {
      file: 'dataplane/keepalive/unacked.test.ts',
      name: 'is never given up early, and always found',
    },
  },
  {
    breaks: 'a keepalive death is never booked as the client leaving',
    file: 'dataplane/listeners/close-cause.ts',
    from: "const PEER_IS_DEAD = new Set(['ETIMEDOUT', ",
    to: 'const PEER_IS_DEAD = new Set([',
    test: { file: 'dataplane/listeners/close-cause.test.ts', name: 'keepalive gave up' },
  },
  {
    breaks: 'an HTTP/2 session whose PING is not answered ends',
    file: PING_MACHINE,
    from: "action: seen.nowMs >= state.closeMs ? 'close' : 'none'",
    to: "action: 'none'",
    test: { file: 'dataplane/keepalive/ping-machine.test.ts', name: 'pinging, over' },
  },
  {
    breaks: 'any byte is an answer to a PING',
    file: PING_MACHINE,
    from: 'if (seen.lastByteMs > state.sinceMs) {',
    to: 'if (seen.lastByteMs === -1) {',
    test: {
      file: 'dataplane/keepalive/ping-machine.test.ts',
      name: 'pinging, over, but a byte came since',
    },
  },
  {
    breaks: 'no deadline closes in the tick it fires in',
    file: TIMER_WHEEL,
    from: 'if (ready.length > 0) afterPoll(() => runDue(ready));',
    to: 'runDue(ready);',
    test: {
      file: 'dataplane/keepalive/timer-wheel.test.ts',
      name: 'runs nothing in the tick itself, only after the next poll',
    },
  },
  {
    breaks: 'a loop that was blocked closes nobody for it',
    file: TIMER_WHEEL,
    from: 'lateMs > LATE_MS ? postpone',
    to: 'lateMs > 9e9 ? postpone',
    test: {
      file: 'dataplane/keepalive/timer-wheel.test.ts',
      name: 'postpones by as long as the loop was blocked, once',
    },
  },
  {
    breaks: 'an idle time that is shortened leaves 1-5 s',
    file: 'dataplane/keepalive/deadlines.ts',
    from: 'return nowMs + IDLE_FLOOR_MIN_MS + random() * IDLE_FLOOR_SPREAD_MS;',
    to: 'return nowMs;',
    test: { file: DEADLINES_TEST, name: 'gives idle connections 1-5 s when it is shortened' },
  },
  {
    breaks: 'a dead peer leaves no orphan in the kernel',
    file: 'dataplane/listeners/socket-closer.ts',
    from: "if (verdict === 'reset') calls.resetOnClose(fd);",
    to: '',
    test: {
      file: 'test/integration/engine-orphans.test.ts',
      name: 'leaves nothing in the kernel at the end of a drain, and a live peer gets FIN',
    },
  },
  {
    breaks: 'what restricts access and cannot be enforced is closed',
    file: 'dataplane/state/restrictions.ts',
    from: "return onPort ? undefined : 'frontend.networkAuthorization of a listener';",
    to: 'return undefined;',
    test: {
      file: 'dataplane/state/fail-closed.test.ts',
      name: 'network authorization of a listener',
    },
  },
];
