// SPDX-License-Identifier: Apache-2.0
import type { ServerResponse } from 'node:http';
import { toHeartlineError } from '../../../shared/errors/heartline-error.js';
import type { Clock, Timer } from '../../../shared/time/clock.js';
import type { KubeObject } from '../../policy/kube-object.js';
import type { StopWatch } from '../../store/store.js';
import type { ObjectView, ObservedChange } from '../resources/object-view.js';
import { failureStatus } from '../status.js';
import { bookmarkFrame, errorFrame, type FrameEncoder, type FrameStyle } from './watch-frames.js';
import { isInScope, transitionOf, type WatchScope } from './watch-transition.js';

/** Bytes that may wait for one client; past them the watch waits in the history instead of in memory. */
const MAX_WAITING_BYTES = 1_048_576;
/** A client that takes nothing for so long is cut off; it can come back to where it was. */
const MAX_STALL_MS = 10_000;
/** A quiet connection is probed after this; kubectl and client-go probe theirs as often. */
const KEEPALIVE_MS = 30_000;
/** As often as the Kubernetes API server. */
const BOOKMARK_EVERY_MS = 60_000;

/** Why a watch ended. */
export type WatchEnd = 'client' | 'expired' | 'slow' | 'stopped' | 'timeout';

export interface WatchStreamOptions {
  readonly response: ServerResponse;
  readonly view: ObjectView;
  readonly clock: Clock;
  readonly frames: FrameEncoder;
  readonly style: Omit<FrameStyle, 'showsColumns'>;
  readonly scope: WatchScope;
  /** What is sent as `ADDED` first; undefined = only what comes after `version`. */
  readonly initial: readonly KubeObject[] | undefined;
  /** Whether a bookmark says when those were sent. */
  readonly marksInitial: boolean;
  readonly version: number;
  readonly allowBookmarks: boolean;
  readonly timeoutMs: number;
  readonly onEnd: (why: WatchEnd) => void;
}

/**
 * One watch as a response that goes on. It never queues more than a bounded number of bytes: while its client is slow it
 * stops listening, and catches up from the kept changes when the client has taken what waits.
 */
export class WatchStream {
  readonly #options: WatchStreamOptions;
  readonly #timers = new Set<Timer>();
  #phase: 'open' | 'ended' = 'open';
  /** Version up to which everything was handed to the response. */
  #version: number;
  #sentInitial = 0;
  #sentColumns = false;
  #stopWatching: StopWatch | undefined;
  #stall: Timer | undefined;
  #isCorked = false;

  constructor(options: WatchStreamOptions) {
    this.#options = options;
    this.#version = options.version;
  }

  start(): void {
    const { response, timeoutMs } = this.#options;
    response.writeHead(200, {
      'content-type': 'application/json',
      'cache-control': 'no-cache, private',
    });
    response.flushHeaders();
    // A client whose machine is gone would be kept until the timeout.
    response.socket?.setKeepAlive(true, KEEPALIVE_MS);
    response.on('close', () => this.#finish('client'));
    response.on('drain', () => this.#resume());
    this.#after(timeoutMs, () => this.end('timeout'));
    this.#bookmarkLater();
    this.#resume();
  }

  /** Ends the response in good order; a client that follows begins again behind the last bookmark. */
  end(why: WatchEnd): void {
    if (this.#phase === 'ended') return;
    this.#bookmark();
    this.#finish(why);
    this.#options.response.end();
  }

  #resume(): void {
    this.#stall?.cancel();
    this.#stall = undefined;
    if (this.#phase === 'ended' || this.#stopWatching !== undefined) return;
    if (this.#sendInitial()) this.#follow();
    else this.#wait();
  }

  /** False when the client has to take some first. */
  #sendInitial(): boolean {
    const { initial = [], scope, frames, marksInitial, style } = this.#options;
    for (; this.#sentInitial < initial.length; this.#sentInitial += 1) {
      if (this.#isFull()) return false;
      const object = initial[this.#sentInitial];
      if (object !== undefined && isInScope(object, scope)) {
        this.#write(frames.initial(object, this.#style()));
      }
    }
    if (this.#sentInitial === initial.length && marksInitial) {
      this.#sentInitial += 1;
      this.#write(bookmarkFrame(this.#version, { ...style, showsColumns: false }, true));
    }
    return true;
  }

  #follow(): void {
    let isFull = false;
    const stop = this.#watchView((change) => {
      if (isFull || this.#phase === 'ended') return;
      this.#take(change);
      // Between the changes of one transaction there is no version to go on from.
      if (change.isContinued || !this.#isFull()) return;
      isFull = true;
      this.#stopWatching?.();
      this.#stopWatching = undefined;
      this.#wait();
    });
    if (isFull || this.#phase === 'ended') stop?.();
    else this.#stopWatching = stop;
  }

  /** Ends the watch when its version is no longer kept. */
  #watchView(onChange: (change: ObservedChange) => void): StopWatch | undefined {
    try {
      return this.#options.view.watch(this.#version, onChange);
    } catch (thrown) {
      this.#write(errorFrame(failureStatus(toHeartlineError(thrown))));
      this.#finish('expired');
      this.#options.response.end();
      return undefined;
    }
  }

  #take(change: ObservedChange): void {
    const { scope, frames } = this.#options;
    const type = transitionOf(change, scope);
    if (type !== undefined) this.#write(frames.change(change, type, this.#style()));
    if (!change.isContinued) this.#version = change.version;
  }

  #style(): FrameStyle {
    const showsColumns = !this.#sentColumns;
    this.#sentColumns = true;
    return { ...this.#options.style, showsColumns };
  }

  #isFull(): boolean {
    return this.#options.response.writableLength > MAX_WAITING_BYTES;
  }

  #wait(): void {
    this.#stall ??= this.#options.clock.after(MAX_STALL_MS, () => {
      this.#finish('slow');
      // Nothing more can be told to a client that takes nothing.
      this.#options.response.destroy();
    });
  }

  #bookmarkLater(): void {
    if (!this.#options.allowBookmarks) return;
    this.#after(BOOKMARK_EVERY_MS, () => {
      this.#bookmark();
      this.#bookmarkLater();
    });
  }

  /** Says nothing while the client is behind: the mark would be of what it has not got. */
  #bookmark(): void {
    const { allowBookmarks, view, style } = this.#options;
    if (!allowBookmarks || this.#stopWatching === undefined) return;
    this.#version = view.version();
    this.#write(bookmarkFrame(this.#version, { ...style, showsColumns: false }, false));
  }

  /** What is written in one turn of the event loop leaves in one piece. */
  #write(frame: Buffer): void {
    const { response } = this.#options;
    if (frame.length === 0 || this.#phase === 'ended') return;
    const { socket } = response;
    if (!this.#isCorked && socket !== null) {
      this.#isCorked = true;
      socket.cork();
      process.nextTick(() => {
        this.#isCorked = false;
        socket.uncork();
      });
    }
    response.write(frame);
  }

  #after(ms: number, task: () => void): void {
    const timer = this.#options.clock.after(ms, () => {
      this.#timers.delete(timer);
      task();
    });
    this.#timers.add(timer);
  }

  #finish(why: WatchEnd): void {
    if (this.#phase === 'ended') return;
    this.#phase = 'ended';
    this.#stopWatching?.();
    this.#stopWatching = undefined;
    this.#stall?.cancel();
    for (const timer of this.#timers) timer.cancel();
    this.#options.onEnd(why);
  }
}
