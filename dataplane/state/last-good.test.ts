// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { createLogger } from '../../shared/telemetry/logger.js';
import { manualClock } from '../../shared/time/manual-clock.js';
import { eventually } from '../../test/support/eventually.js';
import { LAST_GOOD_FILE, LastGoodFile } from './last-good.js';
import { type LastGood, parseLastGood, renderLastGood } from './last-good-format.js';

const GATEWAY = 'httpbin/agentgateway-proxy';

function lastGood(label = '7-abc'): LastGood {
  const resource = (name: string) => ({ name, version: `v-${name}`, bytes: Buffer.from(name) });
  const resources = [resource('bind/a'), resource('policy/b')];
  return { gateway: GATEWAY, label, resources, addresses: [resource('ns/host')] };
}

function openIn(t: TestContext) {
  const dataDir = mkdtempSync(join(tmpdir(), 'heartline-last-good-'));
  t.after(() => rmSync(dataDir, { recursive: true, force: true }));
  const clock = manualClock();
  const lines: string[] = [];
  let failures = 0;
  const file = new LastGoodFile({
    dataDir,
    gateway: GATEWAY,
    clock,
    random: () => 0,
    logger: createLogger({ name: 't', destination: { write: (line) => void lines.push(line) } }),
    onFailure: () => {
      failures += 1;
    },
  });
  const path = join(dataDir, LAST_GOOD_FILE);
  return { dataDir, path, file, clock, lines, failures: () => failures };
}

describe('the text of a last-good file', () => {
  it('reads back as it was written', () => {
    assert.deepEqual(parseLastGood(renderLastGood(lastGood()), GATEWAY), lastGood());
  });

  const good = renderLastGood(lastGood());
  const rows: readonly (readonly [string, string, RegExp])[] = [
    ['empty', '', /not complete JSON/],
    ['truncated', good.slice(0, good.length / 2), /not complete JSON/],
    ['a list', '[]', /not complete JSON/],
    ['no format', '{}', /no format number/],
    [
      'a newer format',
      good.replace('"format":1', '"format":2'),
      /format 2, this program reads up to 1/,
    ],
    ['a changed byte', good.replace('v-bind/a', 'v-bind/b'), /checksum/],
    ['another label', good.replace('7-abc', '8-abc'), /checksum/],
    ['no resources', good.replace('"resources"', '"things"'), /a field is missing/],
    [
      'another gateway',
      renderLastGood({ ...lastGood(), gateway: 'a/b' }),
      /belongs to gateway a\/b, this worker serves httpbin\/agentgateway-proxy/,
    ],
  ];
  for (const [name, text, reason] of rows) {
    it(`is not used when it is ${name}`, () => {
      const read = parseLastGood(text, GATEWAY);
      assert.match('reason' in read ? read.reason : 'it was used', reason);
    });
  }
});

describe('a last-good file', () => {
  it('is absent at first, and then the newest version, for its owner only', async (t) => {
    const { file, path, dataDir } = openIn(t);
    assert.equal(file.load(), undefined);
    for (const label of ['1', '2', '3']) file.save(lastGood(label));
    await file.close();
    assert.equal(file.load()?.label, '3');
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(dataDir), [LAST_GOOD_FILE]);
  });

  it('that is broken is kept aside and said once', (t) => {
    const { file, path, lines } = openIn(t);
    writeFileSync(path, 'garbage');
    assert.equal(file.load(), undefined);
    assert.equal(readFileSync(`${path}.bad`, 'utf8'), 'garbage');
    assert.equal(existsSync(path), false);
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', /cannot be used, starting empty/);
  });

  it('half-written by a killed worker is cleared away', (t) => {
    const { file, path, dataDir } = openIn(t);
    writeFileSync(`${path}.123456`, 'half');
    assert.equal(file.load(), undefined);
    assert.deepEqual(readdirSync(dataDir), []);
  });

  it('that cannot be written is counted, said and tried again with the newest version', async (t) => {
    const { file, path, clock, lines, failures } = openIn(t);
    // A directory in its place fails for root too, unlike permissions.
    mkdirSync(join(path, 'in-the-way'), { recursive: true });
    file.save(lastGood('1'));
    await eventually(() => assert.equal(failures(), 1));
    assert.match(lines.at(-1) ?? '', /cannot be written, serving on/);
    await eventually(() => assert.equal(clock.pending(), 1));
    rmSync(path, { recursive: true });
    clock.advance(1000);
    await file.close();
    assert.equal(file.load()?.label, '1');
  });
});
