// SPDX-License-Identifier: Apache-2.0
import { HeartlineError, toHeartlineError } from '../../../shared/errors/heartline-error.js';
import type { Kind } from '../../policy/kinds.js';
import {
  type Manifest,
  type NamespaceRule,
  readManifests,
} from '../../source/manifests/read-manifests.js';
import { type ApiClient, createApiClient, type WriteSettings } from '../client/api-client.js';
import { ADVICE } from '../failure-text.js';
import { loadConnection } from '../kubeconfig/load.js';
import type { Terminal } from '../terminal.js';
import { type Applied, applyManifest } from './apply-manifest.js';
import { renderDifferences } from './diff.js';
import { readManifestTexts } from './manifest-files.js';

export interface ApplyFlags {
  readonly filename: readonly string[];
  readonly namespace?: string;
  readonly dryRun?: boolean;
  readonly reason?: string;
  readonly kubeconfig?: string;
}

/** `heartline apply`: each object is its own request; one failure does not stop the others. */
export async function runApply(terminal: Terminal, flags: ApplyFlags): Promise<number> {
  const connection = loadConnection(terminal, flags.kubeconfig);
  const manifests = await loadManifests(terminal, flags, connection.namespace);
  const client = createApiClient(connection);
  const settings = { reason: flags.reason, dryRun: flags.dryRun ?? false };
  return applyAll(terminal, client, manifests, settings);
}

/** Every object of the files; throws INVALID_OBJECT with each problem's place when any is unsound. */
export async function loadManifests(
  terminal: Terminal,
  flags: { readonly filename: readonly string[]; readonly namespace?: string },
  defaultNamespace: string,
): Promise<readonly Manifest[]> {
  const rule: NamespaceRule = {
    namespace: flags.namespace ?? defaultNamespace,
    enforced: flags.namespace !== undefined,
  };
  const texts = await readManifestTexts(flags.filename, terminal);
  const { manifests, problems } = readManifests(texts, rule);
  if (problems.length > 0) {
    throw new HeartlineError('INVALID_OBJECT', problems.join('\n  '));
  }
  if (manifests.length > 0) return manifests;
  throw new HeartlineError(
    'INVALID_OBJECT',
    `${texts.map(({ source }) => source).join(', ')}: no object in it`,
  );
}

export async function applyAll(
  terminal: Terminal,
  client: ApiClient,
  manifests: readonly Manifest[],
  settings: WriteSettings,
): Promise<number> {
  const failures: { readonly manifest: Manifest; readonly error: HeartlineError }[] = [];
  for (const manifest of manifests) {
    try {
      const applied = await applyManifest(client, manifest, settings);
      for (const warning of applied.warnings) terminal.err(`warning: ${warning}`);
      terminal.out(`${objectLabel(manifest)} ${outcomeText(applied, settings.dryRun)}`);
    } catch (thrown) {
      const error = faultOf(thrown);
      failures.push({ manifest, error });
      if (HOPELESS.has(error.code)) break;
    }
  }
  for (const { manifest, error } of failures) terminal.err(failureText(manifest, error));
  return failures[0]?.error.meaning.exit ?? 0;
}

/** Kubernetes answers unknown fields with 400; a request that is bad because of its fields is a bad manifest, not wrong usage. */
function faultOf(thrown: unknown): HeartlineError {
  const error = toHeartlineError(thrown);
  const { code, message, problems } = error;
  if (code !== 'INVALID_ARGUMENT' || problems.length === 0) return error;
  return new HeartlineError('INVALID_OBJECT', message, { problems, cause: error });
}

/** The next object would fail in the same way. */
const HOPELESS: ReadonlySet<string> = new Set(['UNAUTHENTICATED', 'UNAVAILABLE']);

/** kubectl's name for an object: `agentgatewaypolicy.agentgateway.dev/httpbin-keepalive`. */
export function objectLabel(ref: { readonly kind: Kind; readonly name: string }): string {
  const { group, singular } = ref.kind;
  return `${group === '' ? singular : `${singular}.${group}`}/${ref.name}`;
}

function outcomeText(applied: Applied, dryRun: boolean): string {
  const differences = renderDifferences(applied.differences);
  const details = differences === '' ? 'values that are not shown' : differences;
  const what = applied.outcome === 'configured' ? `configured: ${details}` : applied.outcome;
  return dryRun ? `${what} (dry run)` : what;
}

function failureText(manifest: Manifest, error: HeartlineError): string {
  const lines = [`error: ${manifest.locate('')}: ${objectLabel(manifest)}: ${headline(error)}`];
  for (const { field, message } of error.problems) {
    lines.push(`  ${manifest.locate(field)}: ${field}: ${message}`);
  }
  return [...lines, `  ${ADVICE[error.code]}`].join('\n');
}

/** The server's message lists every field once more for clients that show nothing else; the lines below have their places. */
function headline({ message, problems }: HeartlineError): string {
  const [head = message] = message.split(' is invalid: ');
  return problems.length === 0 || head === message ? message : `${head} is invalid`;
}
