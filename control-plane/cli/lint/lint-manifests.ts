// SPDX-License-Identifier: Apache-2.0
import type { Admission } from '../../policy/admission.js';
import type { KubeObject } from '../../policy/kube-object.js';
import { type Finding, type LintContext, lintObject } from '../../policy/lint/lint-object.js';
import { checkManifest, type ManifestProblem } from '../../source/manifests/check-manifest.js';
import type { Manifest } from '../../source/manifests/read-manifests.js';

/** A place as editors take it: `file:line:column`. */
interface Placed {
  readonly at: string;
}

export interface LintedObject extends Placed {
  readonly kind: string;
  /** Empty for kinds without namespaces. */
  readonly namespace: string;
  readonly name: string;
  /** What the API would refuse it for. */
  readonly problems: readonly ManifestProblem[];
  /** Empty when there are problems: what an invalid object means nobody knows. */
  readonly findings: readonly (Placed & Finding)[];
}

interface Checked {
  readonly manifest: Manifest;
  readonly object: KubeObject | undefined;
  readonly problems: LintedObject['problems'];
}

/** Checks every manifest as the API would, and says what the valid ones mean; Gateways among them are known to the others. */
export function lintManifests(
  admission: Admission,
  manifests: readonly Manifest[],
  inFront: LintContext['inFront'],
): readonly LintedObject[] {
  const checked = manifests.map((manifest) => check(admission, manifest));
  const context: LintContext = {
    findGateway: (namespace, name) => findGateway(checked, namespace, name),
    ...(inFront === undefined ? {} : { inFront }),
  };
  return checked.map(({ manifest, object, problems }) => {
    const { kind, namespace, name, locate } = manifest;
    const findings = object === undefined ? [] : lintObject(object, context);
    return {
      ...{ kind: kind.kind, namespace, name, at: locate(''), problems },
      findings: findings.map((finding) => ({ ...finding, at: locate(finding.field) })),
    };
  });
}

function check(admission: Admission, manifest: Manifest): Checked {
  const checked = checkManifest(admission, manifest);
  if (checked.ok) return { manifest, object: checked.object, problems: [] };
  return { manifest, object: undefined, problems: checked.problems };
}

function findGateway(
  checked: readonly Checked[],
  namespace: string,
  name: string,
): KubeObject | undefined {
  return checked.find(
    ({ manifest }) =>
      manifest.kind.kind === 'Gateway' &&
      manifest.namespace === namespace &&
      manifest.name === name,
  )?.object;
}
