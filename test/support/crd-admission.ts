// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { type Admission, createAdmission } from '../../control-plane/policy/admission.js';
import { packageRoot } from '../../shared/process/package-root.js';

let admission: Admission | undefined;

/** Every schema of deploy, compiled once per test process: it takes longer than most tests, and never changes. */
export function crdAdmission(): Admission {
  admission ??= compileSchemas();
  return admission;
}

function compileSchemas(): Admission {
  const deploy = join(packageRoot(import.meta.url), 'deploy');
  return createAdmission(join(deploy, 'crds'), join(deploy, 'built-in-kinds'));
}
