// SPDX-License-Identifier: Apache-2.0

/** When a session is asked whether its peer still lives, and when silence ends it. Pure. */
export interface PingSettings {
  /** PING after this long without a byte received, milliseconds; 0 = never. */
  readonly intervalMs: number;
  /** Wait for its answer, milliseconds. */
  readonly timeoutMs: number;
}

/**
 * `waiting` for silence, or `pinging`: silent for too long and given until `closeMs`. `outstanding` is
 * a PING without an answer; there is at most one, so a peer that sends but never answers gets no second.
 */
export type PingState =
  | { readonly name: 'off'; readonly outstanding: boolean }
  | { readonly name: 'waiting'; readonly outstanding: boolean; readonly dueMs: number }
  | {
      readonly name: 'pinging';
      readonly outstanding: true;
      readonly sinceMs: number;
      readonly closeMs: number;
    };

export type PingAction = 'none' | 'ping' | 'close';

export interface PingStep {
  readonly state: PingState;
  readonly action: PingAction;
}

/** What was observed at one moment; all times monotonic milliseconds. */
export interface PingObservation {
  readonly nowMs: number;
  /** When the last byte from the peer arrived, whatever frame it was part of. */
  readonly lastByteMs: number;
  /** Uniform in [0, 1). */
  readonly random: number;
}

/** Share of the interval by which a PING may come early, so that sessions do not ask in step. */
const EARLY_SHARE = 0.1;
/** One tick of the wheel and the resolution of TCP_INFO (jiffies, 10 ms at HZ=100), each way. */
const LATE_MARGIN_MS = 40;
const EARLY_MARGIN_MS = 10;

export const PING_OFF: PingState = { name: 'off', outstanding: false };

/** Silence after which a PING is sent: within the last tenth of the interval, never after its end. */
export function pingWaitMs(intervalMs: number, random: number): number {
  const earliest = intervalMs * (1 - EARLY_SHARE) + EARLY_MARGIN_MS;
  const latest = Math.max(earliest, intervalMs - LATE_MARGIN_MS);
  return earliest + random * (latest - earliest);
}

/** Starts the machine, or starts it over after its settings changed, from the last byte seen. */
export function armPing(
  state: PingState,
  settings: PingSettings,
  seen: Omit<PingObservation, 'nowMs'>,
): PingState {
  const { outstanding } = state;
  if (settings.intervalMs === 0) return { name: 'off', outstanding };
  const dueMs = seen.lastByteMs + pingWaitMs(settings.intervalMs, seen.random);
  return { name: 'waiting', outstanding, dueMs };
}

/** The machine's time has come (or it was woken early, which does nothing). */
export function onPingDue(
  state: PingState,
  settings: PingSettings,
  seen: PingObservation,
): PingStep {
  switch (state.name) {
    case 'off':
      return { state, action: 'none' };
    case 'waiting':
      return seen.nowMs < state.dueMs
        ? { state, action: 'none' }
        : onSilence(state, settings, seen);
    case 'pinging': {
      if (seen.lastByteMs > state.sinceMs) {
        return { state: armPing(state, settings, seen), action: 'none' };
      }
      return { state, action: seen.nowMs >= state.closeMs ? 'close' : 'none' };
    }
  }
}

/** The peer answered the PING. */
export function onPong(
  state: PingState,
  settings: PingSettings,
  seen: Omit<PingObservation, 'lastByteMs'>,
): PingState {
  const answered: PingState = { name: 'off', outstanding: false };
  if (state.name === 'off') return answered;
  return armPing(answered, settings, { lastByteMs: seen.nowMs, random: seen.random });
}

/** When `onPingDue` is to be called; never when off. */
export function nextPingMs(state: PingState): number {
  switch (state.name) {
    case 'off':
      return Number.POSITIVE_INFINITY;
    case 'waiting':
      return state.dueMs;
    case 'pinging':
      return state.closeMs;
  }
}

function onSilence(
  state: PingState,
  settings: PingSettings,
  { nowMs, lastByteMs, random }: PingObservation,
): PingStep {
  // `earliest` without jitter: bytes that came while we slept move the time.
  const rearmed = armPing(state, settings, { lastByteMs, random });
  const silentEnough = nowMs - lastByteMs >= settings.intervalMs * (1 - EARLY_SHARE);
  if (!silentEnough) return { state: rearmed, action: 'none' };
  return {
    state: {
      name: 'pinging',
      outstanding: true,
      sinceMs: nowMs,
      closeMs: nowMs + settings.timeoutMs,
    },
    action: state.outstanding ? 'none' : 'ping',
  };
}
