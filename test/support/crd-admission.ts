// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { type Admission, createAdmission } from '../../control-plane/policy/admission.js';
import { packageRoot } from '../../shared/process/package-root.js';

let admission: Admission | undefined;

/** The CRDs of deploy/crds, compiled once per test process: it takes longer than most tests, and never changes. */
export function crdAdmission(): Admission {
  admission ??= createAdmission(join(packageRoot(import.meta.url), 'deploy/crds'));
  return admission;
}
