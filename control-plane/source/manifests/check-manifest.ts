// SPDX-License-Identifier: Apache-2.0
import { HeartlineError } from '../../../shared/errors/heartline-error.js';
import type { Admission } from '../../policy/admission.js';
import type { KubeObject } from '../../policy/kube-object.js';
import type { Manifest } from './read-manifests.js';

/** What the API would refuse a manifest for. */
export interface ManifestProblem {
  /** `file:line:column`. */
  readonly at: string;
  /** Path from the object's root; empty when it is about the object as a whole. */
  readonly field: string;
  readonly message: string;
}

export type CheckedManifest =
  | { readonly ok: true; readonly object: KubeObject }
  | { readonly ok: false; readonly problems: readonly ManifestProblem[] };

/** The manifest as the API would store it, or everything that is wrong with it, each with its place. */
export function checkManifest(admission: Admission, manifest: Manifest): CheckedManifest {
  const { kind, object: sent, locate } = manifest;
  try {
    return { ok: true, ...admission.admit(kind, sent, { fieldValidation: 'Strict' }) };
  } catch (thrown) {
    if (!(thrown instanceof HeartlineError)) throw thrown;
    const { message, problems } = thrown;
    const found = problems.length > 0 ? problems : [{ field: '', message }];
    return {
      ok: false,
      problems: found.map((one) => ({
        ...{ at: locate(one.field), field: one.field },
        message: one.message,
      })),
    };
  }
}
