// SPDX-License-Identifier: Apache-2.0
import { type ParsedDocument, parseDocuments } from '../../kube-api/documents.js';
import { apiVersionOf, findKindByPath, KINDS, type Kind } from '../../policy/kinds.js';

/** One text of manifests: a file, or standard input as `-`. */
export interface ManifestText {
  readonly source: string;
  readonly text: string;
}

/** An object read from a manifest, addressed and ready to send. */
export interface Manifest {
  readonly kind: Kind;
  readonly namespace: string;
  readonly name: string;
  readonly object: ManifestObject;
  /** `file:line:column` of a field, or of its nearest parent that the text has. */
  locate(field: string): string;
}

export interface ManifestObject {
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly [key: string]: unknown;
}

export interface ManifestsRead {
  readonly manifests: readonly Manifest[];
  /** `file:line:column: what is wrong`, in the order of the text. */
  readonly problems: readonly string[];
  /** Objects of kinds that are nobody's business here; 0 unless they are to be skipped. */
  readonly skipped: number;
}

/** Which namespace objects without one belong to, and whether another is refused (-n was given). */
export interface NamespaceRule {
  readonly namespace: string;
  readonly enforced: boolean;
}

/**
 * Reads every document of every text; nothing is sent unless all of them are sound. An object of a kind that is
 * not served is a problem, unless `otherKinds` is `skip`: then it is counted, but not where the name is nearly one of ours.
 */
export function readManifests(
  texts: readonly ManifestText[],
  rule: NamespaceRule,
  otherKinds: 'refuse' | 'skip' = 'refuse',
): ManifestsRead {
  const manifests: Manifest[] = [];
  const problems: string[] = [];
  let skipped = 0;
  for (const { source, text } of texts) {
    const result = parseDocuments(text);
    if (!result.ok) {
      for (const { line, column, message } of result.problems) {
        problems.push(`${source}:${line}:${column}: ${message}`);
      }
      continue;
    }
    for (const document of result.documents) {
      for (const [value, base] of objectsOf(document)) {
        if (otherKinds === 'skip' && isForeign(value)) {
          skipped += 1;
          continue;
        }
        const locate = locator(source, document, base);
        const manifest = readManifest(value, locate, rule);
        if (typeof manifest === 'string') problems.push(manifest);
        else manifests.push(manifest);
      }
    }
  }
  return { manifests, problems, skipped };
}

/** A v1 List, as `get -o yaml` prints, stands for its items. */
function objectsOf(document: ParsedDocument): readonly (readonly [unknown, string])[] {
  const { value } = document;
  if (isRecord(value) && value['kind'] === 'List' && Array.isArray(value['items'])) {
    return value['items'].map((item: unknown, index) => [item, `items[${index}]`]);
  }
  return [[value, '']];
}

/** The manifest, or the problem with its place. */
function readManifest(
  value: unknown,
  locate: (field: string) => string,
  rule: NamespaceRule,
): Manifest | string {
  if (!isRecord(value)) return `${locate('')}: not an object with apiVersion, kind and metadata`;
  const kind = kindOf(value['apiVersion'], value['kind']);
  if (typeof kind === 'string') return `${locate('kind')}: ${kind}`;
  const metadata = value['metadata'];
  if (!isRecord(metadata)) return `${locate('metadata')}: metadata is missing; give metadata.name`;
  const name = metadata['name'];
  if (typeof name !== 'string' || name === '') {
    return `${locate('metadata.name')}: metadata.name is missing or is no text`;
  }
  // A namespace that came along all the same is refused by the API, with its reason.
  if (!kind.namespaced) {
    return { kind, namespace: '', name, object: { ...value, metadata }, locate };
  }
  const namespace = metadata['namespace'] ?? rule.namespace;
  if (typeof namespace !== 'string' || namespace === '') {
    return `${locate('metadata.namespace')}: metadata.namespace is no text`;
  }
  if (rule.enforced && namespace !== rule.namespace) {
    return `${locate('metadata.namespace')}: namespace "${namespace}" is not the one of -n, "${rule.namespace}"`;
  }
  const object = { ...value, metadata: { ...metadata, namespace } };
  return { kind, namespace, name, object, locate };
}

function kindOf(apiVersion: unknown, kind: unknown): Kind | string {
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') {
    return 'apiVersion and kind are both needed';
  }
  const [group = '', version = ''] = splitApiVersion(apiVersion);
  const known = KINDS.find((candidate) => candidate.kind === kind);
  const served = known && findKindByPath(group, version, known.plural);
  if (served !== undefined) return served;
  if (known !== undefined) {
    return `${kind} is served as ${apiVersionOf(known)}, not as ${apiVersion}`;
  }
  const kinds = KINDS.map((candidate) => candidate.kind).join(', ');
  return `kind "${kind}" is not served; use one of ${kinds}`;
}

/** An object of somebody else: its group has no kind of that name here, and is not one that is ours alone. */
function isForeign(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { apiVersion, kind } = value;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') return false;
  const [group = ''] = splitApiVersion(apiVersion);
  if (group === OUR_GROUP) return false;
  return !KINDS.some((known) => known.kind === kind && known.group === group);
}

/** A kind of this group that we do not know is a misspelt one. */
const OUR_GROUP = 'agentgateway.dev';

/** `v1` is the core group, whose name is empty. */
function splitApiVersion(apiVersion: string): readonly string[] {
  return apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
}

function locator(source: string, document: ParsedDocument, base: string) {
  return (field: string): string => {
    const path = [base, field].filter((part) => part !== '').join('.');
    const { line, column } = path === '' ? document.start : document.locate(path);
    return `${source}:${line}:${column}`;
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
