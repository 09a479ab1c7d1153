// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { ERROR_CODES } from '../../../shared/errors/codes.js';
import { HeartlineError } from '../../../shared/errors/heartline-error.js';
import { packageRoot } from '../../../shared/process/package-root.js';
import { createAdmission } from '../../policy/admission.js';
import { IN_FRONT_VALUES, productsOf } from '../../policy/lint/products.js';
import { loadCrds } from '../../policy/load-crds.js';
import { readManifests } from '../../source/manifests/read-manifests.js';
import { readManifestTexts } from '../apply/manifest-files.js';
import { type OutputFormat, renderValue } from '../output/format.js';
import type { Terminal } from '../terminal.js';
import { lintManifests } from './lint-manifests.js';
import { createReport, renderReport } from './lint-report.js';

export interface LintFlags {
  readonly filename: readonly string[];
  readonly namespace?: string;
  readonly output: OutputFormat;
  readonly recursive?: boolean;
  readonly inFront?: string;
  readonly strict?: boolean;
}

/** `heartline lint`: needs no server. 0, or the exit code of invalid objects: for problems, and under --strict for warnings. */
export async function runLint(terminal: Terminal, flags: LintFlags): Promise<number> {
  const inFront = readInFront(flags.inFront);
  const texts = await readManifestTexts(flags.filename, terminal, {
    isRecursive: flags.recursive ?? false,
  });
  const rule = {
    namespace: flags.namespace ?? 'default',
    enforced: flags.namespace !== undefined,
  };
  const { manifests, problems, skipped } = readManifests(texts, rule, 'skip');
  const deploy = join(packageRoot(import.meta.url), 'deploy');
  const admission = createAdmission(loadCrds(join(deploy, 'crds'), join(deploy, 'built-in-kinds')));
  const report = createReport(lintManifests(admission, manifests, inFront), problems, skipped);
  terminal.out(flags.output === 'table' ? renderReport(report) : renderValue(report, flags.output));
  const { summary } = report;
  const isBad = summary.problems > 0 || (flags.strict === true && summary.warnings > 0);
  return isBad ? ERROR_CODES.INVALID_OBJECT.exit : 0;
}

function readInFront(value: string | undefined): ReturnType<typeof productsOf> {
  if (value === undefined) return undefined;
  const products = productsOf(value);
  if (products !== undefined) return products;
  throw new HeartlineError(
    'INVALID_ARGUMENT',
    `--in-front ${value} is none of ${IN_FRONT_VALUES.join(', ')}`,
  );
}
