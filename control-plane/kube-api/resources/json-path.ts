// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../../shared/errors/heartline-error.js';
import type { JsonValue } from '../../log/transaction.js';
import { isJsonObject } from '../../policy/structural-schema.js';

type Step = (value: JsonValue) => readonly JsonValue[];

const NAME = String.raw`(?:[^.[\]\\]|\\.)+`;
const TOKEN = [
  String.raw`\.(?<field>${NAME})`,
  String.raw`\[(?<quote>['"])(?<quoted>.*?)\k<quote>\]`,
  String.raw`\[(?<index>-?\d+)\]`,
  String.raw`(?<all>\[\*\])`,
  String.raw`\[\?\(@\.(?<key>${NAME}?)\s*(?<operator>[!=]=)\s*(?<mark>['"])(?<text>.*?)\k<mark>\)\]`,
].join('|');

/**
 * Compiles the JSONPath that printer columns of CRDs use: `.field`, `['field']`, `[0]`, `[-1]`, `[*]` and
 * `[?(@.type=="Ready")]`. What it finds comes in order. Throws CONFIG for anything else.
 */
export function compileJsonPath(path: string): (root: JsonValue) => readonly JsonValue[] {
  const steps: Step[] = [];
  const token = new RegExp(TOKEN, 'y');
  while (token.lastIndex < path.length) {
    const from = token.lastIndex;
    const groups = token.exec(path)?.groups;
    if (groups === undefined) {
      throw new HeartlineError('CONFIG', `JSONPath ${path} cannot be read at character ${from}`);
    }
    steps.push(toStep(groups));
  }
  return (root) => steps.reduce<readonly JsonValue[]>((found, step) => found.flatMap(step), [root]);
}

function toStep(groups: { readonly [name: string]: string | undefined }): Step {
  const { field, quoted, index, all, key = '', operator, text } = groups;
  if (field !== undefined) return member(field.replace(/\\(.)/g, '$1'));
  if (quoted !== undefined) return member(quoted);
  if (index !== undefined) return item(Number(index));
  if (all !== undefined) return children;
  const find = compileJsonPath(`.${key}`);
  const isWanted = (value: JsonValue): boolean => (find(value)[0] === text) === (operator === '==');
  return (value) => children(value).filter(isWanted);
}

function member(name: string): Step {
  return (value) => {
    const found = isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
    return found === undefined ? [] : [found];
  };
}

function item(index: number): Step {
  return (value) => {
    const found = Array.isArray(value) ? (value as JsonValue[]).at(index) : undefined;
    return found === undefined ? [] : [found];
  };
}

function children(value: JsonValue): readonly JsonValue[] {
  if (Array.isArray(value)) return value as JsonValue[];
  return isJsonObject(value) ? Object.values(value).filter((one) => one !== undefined) : [];
}
