// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Clock, Timer } from '../../../shared/time/clock.js';
import type { ChildLog } from './child-log.js';
import { type ChildEvent, type ChildState, FIRST_STATE, moveChild } from './child-machine.js';
import { shownText } from './log-line.js';

export interface ChildSpec {
  /** As operators see it: `control plane`. */
  readonly name: string;
  /** Arguments of node: flags, entry, the entry's flags. */
  readonly args: readonly string[];
  /** Answers 200 once the child is ready. */
  readonly readyUrl: string;
}

export interface ChildPorts {
  readonly clock: Clock;
  readonly log: ChildLog;
  /** One line for the operator: a warning, a death, a recovery. */
  readonly tell: (line: string) => void;
  /** Whether the URL answers 200 now; never rejects. */
  readonly probe: (url: string) => Promise<boolean>;
}

/** A start is noticed within this; a probe costs a child about a millisecond. */
const PROBE_INTERVAL_MS = 50;

/** A child process that is started again when it dies, until it is stopped. */
export class Child {
  readonly spec: ChildSpec;
  readonly #ports: ChildPorts;
  #state: ChildState = FIRST_STATE;
  #process: ChildProcess | undefined;
  #timer: Timer | undefined;
  readonly #watchers = new Set<() => void>();

  constructor(spec: ChildSpec, ports: ChildPorts) {
    this.spec = spec;
    this.#ports = ports;
    this.#spawn();
  }

  get state(): ChildState {
    return this.#state;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Settles once the child is in one of these phases. */
  until(...phases: readonly ChildState['phase'][]): Promise<ChildState> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!phases.includes(this.#state.phase)) return;
        this.#watchers.delete(look);
        resolve(this.#state);
      };
      this.#watchers.add(look);
      look();
    });
  }

  /** Asks it to end, ends it after `graceMs`; settles when it is gone. */
  async stop(graceMs: number): Promise<void> {
    this.#move({ type: 'stop' });
    if (this.#state.phase === 'stopping') {
      this.#timer = this.#ports.clock.after(graceMs, () => this.kill());
    }
    await this.until('stopped', 'failed');
    this.#timer?.cancel();
  }

  /** Ends it at once. */
  kill(): void {
    this.#process?.kill('SIGKILL');
  }

  #move(event: ChildEvent): void {
    const before = this.#state;
    const { state, action } = moveChild(before, event);
    this.#state = state;
    if (state.phase === 'ready' && before.phase === 'starting' && before.wasReady) {
      this.#ports.tell(`${this.spec.name}: ready again, pid ${this.pid}`);
    }
    if (state !== before) this.#timer?.cancel();
    switch (action.do) {
      case 'nothing':
        break;
      case 'spawn':
        this.#spawn();
        break;
      case 'terminate':
        this.#process?.kill('SIGTERM');
        break;
      case 'wait':
        this.#timer = this.#ports.clock.after(action.delayMs, () =>
          this.#move({ type: 'delay-over' }),
        );
        this.#ports.tell(`${this.spec.name}: starting it again in ${action.delayMs / 1000} s`);
        break;
    }
    for (const look of [...this.#watchers]) look();
  }

  /** In a session of its own, so that Ctrl-C reaches only us; its standard input ends with us. */
  #spawn(): void {
    const child = spawn(process.execPath, [...this.spec.args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    const { log } = this.#ports;
    this.#process = child;
    // Writing is never done; a broken pipe only means that the child is gone, which `close` reports.
    child.stdin.on('error', () => undefined);
    this.#read(child.stdout);
    this.#read(child.stderr);
    child.once('error', (error) => this.#ended(child, error.message));
    child.once('close', (code, signal) => {
      // Who kills a process leaves no words in its log; what ends by itself usually does.
      const how = signal === null ? `code ${code}: ${log.lastWords()}` : `signal ${signal}`;
      this.#ended(child, how);
    });
    this.#probeSoon(child);
  }

  #read(stream: Readable): void {
    createInterface({ input: stream }).on('line', (line) => {
      this.#ports.log.append(line);
      const text = shownText(line);
      if (text !== undefined) this.#ports.tell(`${this.spec.name}: ${text}`);
    });
  }

  #probeSoon(child: ChildProcess): void {
    this.#timer = this.#ports.clock.after(PROBE_INTERVAL_MS, async () => {
      const isReady = await this.#ports.probe(this.spec.readyUrl);
      if (this.#process !== child || this.#state.phase !== 'starting') return;
      if (isReady) this.#move({ type: 'became-ready', atMs: this.#ports.clock.monotonicMs() });
      else this.#probeSoon(child);
    });
  }

  #ended(child: ChildProcess, how: string): void {
    if (this.#process !== child) return;
    this.#process = undefined;
    const { phase } = this.#state;
    // A death at the first start is reported by whoever waits for it.
    const isFirstStart = this.#state.phase === 'starting' && !this.#state.wasReady;
    if (phase !== 'stopping' && !isFirstStart) {
      this.#ports.tell(`${this.spec.name}: ended with ${how} (log: ${this.#ports.log.path})`);
    }
    this.#move({ type: 'exited', atMs: this.#ports.clock.monotonicMs() });
  }
}
