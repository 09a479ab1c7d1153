// SPDX-License-Identifier: Apache-2.0

/** Field names and list positions from an object's root. */
export type FieldPath = readonly (string | number)[];

const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_-]*$/;

/** `spec.targetRefs[0].name`, the form of every message; other keys are quoted: `metadata.labels["a/b"]`. */
export function formatFieldPath(path: FieldPath): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (!PLAIN_NAME.test(step)) text += `[${JSON.stringify(step)}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}
