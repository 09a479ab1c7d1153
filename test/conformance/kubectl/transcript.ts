// SPDX-License-Identifier: Apache-2.0

/** `|` a line of standard output, `!` one of standard error, `=` the exit code (absent = 0). */
export type Sign = '!' | '=' | '|';

export interface OutputLine {
  readonly sign: Sign;
  readonly text: string;
}

/** Who prints a line: both servers' clients, only those of Kubernetes, or only ours. */
export interface ExpectedLine extends OutputLine {
  readonly by: 'both' | 'kubernetes' | 'heartline';
  /** Why the servers differ, before the first line of a difference. */
  readonly reason?: string;
}

export interface Step {
  /** Of the file, from 1. */
  readonly line: number;
  /** Comment lines that stand before it, without `#`. */
  readonly comments: readonly string[];
  /** What the shell runs; further lines are those after a `>`. */
  readonly command: string;
  readonly expected: readonly ExpectedLine[];
}

export interface Transcript {
  /** The first comment lines of the file. */
  readonly head: readonly string[];
  readonly steps: readonly Step[];
}

/** First line of a file whose answers come from knowledge of Kubernetes: no server with only custom resources can give them. */
const HAND_WRITTEN = /^hand-written:/i;

export function isHandWritten({ head }: Transcript): boolean {
  return head.some((line) => HAND_WRITTEN.test(line));
}

/**
 * Reads a transcript; the README beside this file has the format. Throws with the line number when a line fits nowhere or a
 * difference has no reason.
 */
export function parseTranscript(text: string): Transcript {
  const reading: Reading = { head: undefined, comments: [], reason: undefined, steps: [] };
  for (const [index, line] of text.split('\n').entries()) readLine(reading, line, index + 1);
  if (reading.comments.length > 0)
    throw new SyntaxError('comments at the end belong to no command');
  return { head: reading.head ?? [], steps: reading.steps };
}

interface Reading {
  head: readonly string[] | undefined;
  comments: string[];
  reason: string | undefined;
  readonly steps: { -readonly [K in keyof Step]: Step[K] }[];
}

function readLine(reading: Reading, line: string, number: number): void {
  const step = reading.steps.at(-1);
  if (line === '') endHead(reading);
  else if (line.startsWith('#')) reading.comments.push(line.slice(1).trimStart());
  else if (line.startsWith('$ ')) beginStep(reading, line.slice(2), number);
  else if (step === undefined) throw new SyntaxError(`line ${number}: before the first command`);
  else if (/^> ?/.test(line)) step.command += `\n${line.slice(2)}`;
  else if (line.startsWith('? ')) reading.reason = line.slice(2);
  else step.expected = [...step.expected, readOutput(reading, step, line, number)];
}

function endHead(reading: Reading): void {
  if (reading.head !== undefined || reading.steps.length > 0) return;
  reading.head = reading.comments;
  reading.comments = [];
}

function beginStep(reading: Reading, command: string, line: number): void {
  reading.steps.push({ line, comments: reading.comments, command, expected: [] });
  reading.comments = [];
  reading.reason = undefined;
}

function readOutput(reading: Reading, step: Step, line: string, number: number): ExpectedLine {
  const match = /^([-+]?)([|!=]) ?(.*)$/.exec(line);
  if (match === null) throw new SyntaxError(`line ${number}: neither command nor output`);
  const [, side, sign, text = ''] = match;
  const output = { sign: sign as Sign, text };
  if (side === '') return { ...output, by: 'both' };
  const by = side === '-' ? 'kubernetes' : 'heartline';
  const { reason } = reading;
  reading.reason = undefined;
  const isInside = (step.expected.at(-1)?.by ?? 'both') !== 'both';
  if (reason === undefined && !isInside) {
    throw new SyntaxError(`line ${number}: a difference without its reason ("? ..." before it)`);
  }
  return reason === undefined ? { ...output, by } : { ...output, by, reason };
}

const SIDES = { both: '', kubernetes: '-', heartline: '+' } as const;

export function renderTranscript({ head, steps }: Transcript): string {
  const comment = (line: string) => `# ${line}`.trimEnd();
  const blocks = steps.map(({ comments, command, expected }) => [
    ...comments.map(comment),
    `$ ${command.split('\n').join('\n> ')}`,
    ...expected.flatMap((line) => [
      ...(line.reason === undefined ? [] : [`? ${line.reason}`]),
      `${SIDES[line.by]}${renderOutput(line)}`,
    ]),
  ]);
  return `${[head.map(comment), ...blocks].map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

export function renderOutput({ sign, text }: OutputLine): string {
  return text === '' ? sign : `${sign} ${text}`;
}

/** What the client of one of the two prints. */
export function outputOf(step: Step, who: 'heartline' | 'kubernetes'): readonly OutputLine[] {
  return step.expected.filter(({ by }) => by === 'both' || by === who);
}
