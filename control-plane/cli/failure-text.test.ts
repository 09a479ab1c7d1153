// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ERROR_CODES, type ErrorCode } from '../../shared/errors/codes.js';
import { HeartlineError } from '../../shared/errors/heartline-error.js';
import { ADVICE, describeFailure } from './failure-text.js';

describe('describeFailure', () => {
  for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) {
    it(`${code} ends with what to do`, () => {
      const text = describeFailure(new HeartlineError(code, 'it broke'), false);
      assert.equal(text, `error: it broke\n  ${ADVICE[code]}`);
      assert.ok(ADVICE[code].length > 10);
    });
  }

  it('lists fields, and shows stacks only when debugging', () => {
    const cause = new Error('deeper');
    const problems = [{ field: 'spec.a', message: 'is 3; at most 2' }];
    const error = new HeartlineError('INVALID_OBJECT', 'p is invalid', { problems, cause });
    assert.match(
      describeFailure(error, false),
      /^error: p is invalid\n {2}spec\.a: is 3; at most 2\n[^\n]+$/,
    );
    assert.match(describeFailure(error, true), /at .*failure-text\.test/);
    assert.match(describeFailure(error, true), /Error: deeper/);
  });
});
