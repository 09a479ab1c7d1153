// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../../shared/errors/heartline-error.js';

type Labels = Readonly<Record<string, string>>;
export type LabelSelector = (labels: Labels) => boolean;

/** A label key: an optional DNS prefix and a slash, then a name of at most 63 characters. */
const KEY =
  /^(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[-\w.]{0,61}[A-Za-z0-9])?$/;
const VALUE = /^(?:[A-Za-z0-9](?:[-\w.]{0,61}[A-Za-z0-9])?)?$/;

/**
 * Compiles a labelSelector as Kubernetes reads it: `a=b`, `a==b`, `a!=b`, `a in (b,c)`, `a notin (b,c)`,
 * `a>1`, `a<9`, `a` and `!a`, joined by commas; empty = everything. Throws INVALID_ARGUMENT.
 */
export function parseLabelSelector(text: string): LabelSelector {
  const requirements = splitRequirements(text).map((part) => parseRequirement(part, text));
  return (labels) => requirements.every((isMet) => isMet(labels));
}

/** At commas outside of parentheses. */
function splitRequirements(text: string): readonly string[] {
  if (text.trim() === '') return [];
  const parts: string[] = [];
  let from = 0;
  let isInside = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '(' || character === ')') isInside = character === '(';
    if (character !== ',' || isInside) continue;
    parts.push(text.slice(from, at).trim());
    from = at + 1;
  }
  return [...parts, text.slice(from).trim()];
}

const REQUIREMENT =
  /^(?<key>[^\s!=<>(),]+)\s*(?:(?<operator>==?|!=|[<>])\s*(?<value>[^\s!=<>(),]*)|\s(?<set>in|notin)\s*\((?<values>[^()]*)\))?$/;

function parseRequirement(part: string, whole: string): LabelSelector {
  const groups = REQUIREMENT.exec(part)?.groups;
  if (groups === undefined) return parseAbsence(part, whole);
  const { operator, set, value = '', values = '' } = groups;
  const key = checkKey(groups['key'] ?? '', whole);
  if (operator === undefined && set === undefined) return (labels) => Object.hasOwn(labels, key);
  if (operator === '<' || operator === '>') return compareNumber(key, operator, value, whole);
  const wanted = (set === undefined ? [value] : values.split(',')).map((one) => one.trim());
  for (const one of wanted) checkValue(one, whole);
  const isIn: LabelSelector = (labels) =>
    Object.hasOwn(labels, key) && wanted.includes(labels[key] ?? '');
  return operator === '!=' || set === 'notin' ? (labels) => !isIn(labels) : isIn;
}

function parseAbsence(part: string, whole: string): LabelSelector {
  const key = /^!\s*([^\s!=<>(),]+)$/.exec(part)?.[1];
  if (key === undefined) throw badSelector(whole, `${JSON.stringify(part)} is no requirement`);
  checkKey(key, whole);
  return (labels) => !Object.hasOwn(labels, key);
}

function compareNumber(
  key: string,
  operator: '<' | '>',
  text: string,
  whole: string,
): LabelSelector {
  if (!/^-?\d{1,18}$/.test(text))
    throw badSelector(whole, `${JSON.stringify(text)} is no whole number`);
  const limit = Number(text);
  return (labels) => {
    const value = labels[key];
    if (value === undefined || !/^-?\d{1,18}$/.test(value)) return false;
    return operator === '<' ? Number(value) < limit : Number(value) > limit;
  };
}

function checkKey(key: string, whole: string): string {
  if (KEY.test(key)) return key;
  throw badSelector(whole, `${JSON.stringify(key)} is no label key`);
}

function checkValue(value: string, whole: string): void {
  if (!VALUE.test(value)) throw badSelector(whole, `${JSON.stringify(value)} is no label value`);
}

function badSelector(selector: string, reason: string): HeartlineError {
  return new HeartlineError(
    'INVALID_ARGUMENT',
    `unable to parse requirement: ${reason}; the labelSelector is ${JSON.stringify(selector)}`,
  );
}
