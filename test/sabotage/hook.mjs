// SPDX-License-Identifier: Apache-2.0
// Preloaded (node --import) into the processes of one sabotaged test: hands on to `load-hook.mjs` what it is to break.
// It has to come before tsx, whose hook then gets the broken text and strips its types.
import { register } from 'node:module';

const sabotage = JSON.parse(process.env.HEARTLINE_TEST_SABOTAGE ?? '{}');
if (sabotage.url !== undefined) {
  register('./load-hook.mjs', { parentURL: import.meta.url, data: sabotage });
}
