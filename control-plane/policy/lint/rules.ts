// SPDX-License-Identifier: Apache-2.0
import { CUT_OFF_RULES } from './cut-off-rules.js';
import { HTTP_RULES } from './http-rules.js';
import { OBJECT_RULES } from './object-rules.js';
import type { LintRule } from './rule.js';
import { TARGET_RULES } from './target-rules.js';
import { TCP_RULES } from './tcp-rules.js';

/** Every rule, in the order in which findings of one object are shown. */
export const RULES: readonly LintRule[] = [
  ...TCP_RULES,
  ...HTTP_RULES,
  ...CUT_OFF_RULES,
  ...TARGET_RULES,
  ...OBJECT_RULES,
];
