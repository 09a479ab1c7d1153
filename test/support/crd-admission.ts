// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { type Admission, createAdmission } from '../../control-plane/policy/admission.js';
import { loadCrds } from '../../control-plane/policy/load-crds.js';
import type { Crd } from '../../control-plane/policy/structural-schema.js';
import { packageRoot } from '../../shared/process/package-root.js';

let admission: Admission | undefined;
let crds: readonly Crd[] | undefined;

/** Every schema of deploy, compiled once per test process: it takes longer than most tests, and never changes. */
export function crdAdmission(): Admission {
  admission ??= createAdmission(crdFiles());
  return admission;
}

/** Every schema file of deploy, read once per test process. */
export function crdFiles(): readonly Crd[] {
  crds ??= readCrdFiles();
  return crds;
}

function readCrdFiles(): readonly Crd[] {
  const deploy = join(packageRoot(import.meta.url), 'deploy');
  return loadCrds(join(deploy, 'crds'), join(deploy, 'built-in-kinds'));
}

/** The schema files of the computed kinds. */
export function virtualKindFiles(): readonly Crd[] {
  return loadCrds(join(packageRoot(import.meta.url), 'deploy/virtual-kinds'));
}
