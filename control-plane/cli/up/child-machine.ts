// SPDX-License-Identifier: Apache-2.0

/** Where one child process stands. `restarts` counts those in a row that did not last. */
export type ChildState =
  | { readonly phase: 'starting'; readonly restarts: number; readonly wasReady: boolean }
  | { readonly phase: 'ready'; readonly restarts: number; readonly sinceMs: number }
  | { readonly phase: 'waiting'; readonly restarts: number }
  | { readonly phase: 'stopping' }
  | { readonly phase: 'stopped' }
  | { readonly phase: 'failed' };

/** Times are monotonic milliseconds. */
export type ChildEvent =
  | { readonly type: 'became-ready'; readonly atMs: number }
  | { readonly type: 'exited'; readonly atMs: number }
  | { readonly type: 'delay-over' }
  | { readonly type: 'stop' };

/** What is to be done after the move. */
export type ChildAction =
  | { readonly do: 'nothing' }
  | { readonly do: 'spawn' }
  | { readonly do: 'terminate' }
  | { readonly do: 'wait'; readonly delayMs: number };

export interface ChildMove {
  readonly state: ChildState;
  readonly action: ChildAction;
}

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 15_000;
/** A child that was ready for this long starts over with the first delay, milliseconds. */
const STABLE_MS = 15_000;

export const FIRST_STATE: ChildState = { phase: 'starting', restarts: 0, wasReady: false };

/**
 * The one door between states. A child that dies before it was ever ready has failed: something on this
 * machine is wrong, and trying again would only hide it. Later deaths are restarted for ever.
 */
export function moveChild(state: ChildState, event: ChildEvent): ChildMove {
  switch (event.type) {
    case 'became-ready':
      if (state.phase !== 'starting') return stay(state);
      return stay({ phase: 'ready', restarts: state.restarts, sinceMs: event.atMs });
    case 'exited':
      return afterExit(state, event.atMs);
    case 'delay-over':
      if (state.phase !== 'waiting') return stay(state);
      return {
        state: { phase: 'starting', restarts: state.restarts, wasReady: true },
        action: { do: 'spawn' },
      };
    case 'stop':
      return afterStop(state);
  }
}

function afterExit(state: ChildState, atMs: number): ChildMove {
  switch (state.phase) {
    case 'starting':
      return state.wasReady ? waitAfter(state.restarts) : stay({ phase: 'failed' });
    case 'ready':
      return waitAfter(atMs - state.sinceMs >= STABLE_MS ? 0 : state.restarts);
    case 'stopping':
      return stay({ phase: 'stopped' });
    case 'waiting':
    case 'stopped':
    case 'failed':
      return stay(state);
  }
}

function afterStop(state: ChildState): ChildMove {
  switch (state.phase) {
    case 'starting':
    case 'ready':
      return { state: { phase: 'stopping' }, action: { do: 'terminate' } };
    case 'waiting':
      return stay({ phase: 'stopped' });
    case 'stopping':
    case 'stopped':
    case 'failed':
      return stay(state);
  }
}

function waitAfter(restarts: number): ChildMove {
  const delayMs = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** restarts);
  return {
    state: { phase: 'waiting', restarts: restarts + 1 },
    action: { do: 'wait', delayMs },
  };
}

function stay(state: ChildState): ChildMove {
  return { state, action: { do: 'nothing' } };
}
