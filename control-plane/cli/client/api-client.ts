// SPDX-License-Identifier: Apache-2.0
import { ERROR_CODES, type ErrorCode } from '../../../shared/errors/codes.js';
import { type FieldProblem, HeartlineError } from '../../../shared/errors/heartline-error.js';
import { FLEET_API_VERSION, type WorkerList } from '../../fleet-objects/worker-object.js';
import { bodyTooLarge, MAX_BODY_BYTES } from '../../kube-api/body.js';
import { CODE_HEADER, codeOfHttpStatus, type Status } from '../../kube-api/status.js';
import { parseWarnings } from '../../kube-api/warning-header.js';
import { apiPathOf, type Kind } from '../../policy/kinds.js';
import type { KubeObject } from '../../policy/kube-object.js';
import type { FolderStatus } from '../../source/manifests/folder-status.js';
import type { Connection } from '../kubeconfig/kubeconfig.js';
import { callHttp, type HttpAnswer } from './http-request.js';

export interface ObjectRef {
  readonly kind: Kind;
  readonly namespace: string;
  readonly name: string;
}

export interface WriteSettings {
  /** Goes into the log with the change; absent = the server names the method. */
  readonly reason?: string | undefined;
  readonly dryRun: boolean;
}

export interface Written {
  /** As the server answered: defaults filled in. */
  readonly object: KubeObject;
  readonly warnings: readonly string[];
}

export interface KubeList {
  readonly items: readonly KubeObject[];
}

export interface ServerVersion {
  readonly gitVersion: string;
  readonly heartline?: { readonly version: string; readonly node: string };
}

/** The API server as our commands use it. Failures are HeartlineErrors with the server's own code. */
export interface ApiClient {
  /** Undefined when there is none. */
  get(ref: ObjectRef): Promise<KubeObject | undefined>;
  /** `namespace` undefined = all. */
  list(kind: Kind, namespace: string | undefined): Promise<KubeList>;
  create(ref: ObjectRef, object: unknown, settings: WriteSettings): Promise<Written>;
  replace(ref: ObjectRef, object: unknown, settings: WriteSettings): Promise<Written>;
  remove(ref: ObjectRef, settings: WriteSettings): Promise<void>;
  workers(): Promise<WorkerList>;
  /** Undefined when the server has no manifest folder. */
  manifests(): Promise<FolderStatus | undefined>;
  /** What GET /metrics answers, in Prometheus' text format. */
  metrics(): Promise<string>;
  version(): Promise<ServerVersion>;
  /** True once the server answers that it is ready. */
  isReady(): Promise<boolean>;
}

const PEER = 'the API server';

export type ApiAccess = Pick<Connection, 'server' | 'token'> &
  Partial<Pick<Connection, 'certificateAuthority'>>;

export function createApiClient(connection: ApiAccess): ApiClient {
  const call = async (method: string, path: string, body?: unknown): Promise<HttpAnswer> => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    // The answer to a body that is cut off on its way may be lost with the connection.
    if (text !== undefined && Buffer.byteLength(text) > MAX_BODY_BYTES) throw bodyTooLarge();
    return callHttp({
      url: `${connection.server}${path}`,
      certificateAuthority: connection.certificateAuthority,
      peer: PEER,
      method,
      headers: {
        accept: 'application/json',
        ...(connection.token === undefined ? {} : { authorization: `Bearer ${connection.token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(text === undefined ? {} : { body: text }),
    });
  };
  const expect = async <T>(method: string, path: string, body?: unknown): Promise<T> =>
    readAnswer<T>(await call(method, path, body));
  const write = async (method: string, path: string, body: unknown): Promise<Written> => {
    const answer = await call(method, path, body);
    const object = readAnswer<KubeObject>(answer);
    return { object, warnings: parseWarnings(answer.headers['warning']) };
  };

  return {
    async get(ref) {
      const answer = await call('GET', objectPath(ref));
      return answer.status === 404 ? undefined : readAnswer<KubeObject>(answer);
    },
    list: (kind, namespace) => expect('GET', collectionPath(kind, namespace)),
    create: (ref, object, settings) =>
      write('POST', `${collectionPath(ref.kind, ref.namespace)}${query(settings)}`, object),
    replace: (ref, object, settings) =>
      write('PUT', `${objectPath(ref)}${query(settings)}`, object),
    async remove(ref, settings) {
      await expect('DELETE', `${objectPath(ref)}${query(settings)}`);
    },
    workers: () => expect('GET', `/apis/${FLEET_API_VERSION}/workers`),
    async manifests() {
      const answer = await call('GET', '/debug/manifests');
      return answer.status === 404 ? undefined : readAnswer<FolderStatus>(answer);
    },
    metrics: async () => (await call('GET', '/metrics')).text,
    version: () => expect('GET', '/version'),
    async isReady() {
      return (await call('GET', '/readyz')).status === 200;
    },
  };
}

function collectionPath(kind: Kind, namespace: string | undefined): string {
  const isEverywhere = namespace === undefined || !kind.namespaced;
  const scope = isEverywhere ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${apiPathOf(kind)}${scope}/${kind.plural}`;
}

function objectPath(ref: ObjectRef): string {
  return `${collectionPath(ref.kind, ref.namespace)}/${encodeURIComponent(ref.name)}`;
}

function query(settings: WriteSettings): string {
  const parameters = new URLSearchParams({ fieldValidation: 'Strict' });
  if (settings.dryRun) parameters.set('dryRun', 'All');
  if (settings.reason !== undefined) parameters.set('reason', settings.reason);
  return `?${parameters}`;
}

function readAnswer<T>(answer: HttpAnswer): T {
  let value: unknown;
  try {
    value = JSON.parse(answer.text);
  } catch (cause) {
    throw new HeartlineError(
      'INVALID_WIRE',
      `${PEER} answered ${answer.status} with something that is no JSON; is it another program?`,
      { cause },
    );
  }
  if (answer.status < 300) return value as T;
  throw statusError(answer, value as Partial<Status>);
}

function statusError(answer: HttpAnswer, status: Partial<Status>): HeartlineError {
  const sent = answer.headers[CODE_HEADER];
  const code = isCode(sent) ? sent : codeOfHttpStatus(answer.status);
  const problems = (status.details?.causes ?? []).map(
    ({ field, message, reason }): FieldProblem => {
      return { field: field ?? '', message, ...(reason === undefined ? {} : { reason }) };
    },
  );
  return new HeartlineError(code, status.message ?? `${PEER} answered ${answer.status}`, {
    problems,
  });
}

function isCode(text: unknown): text is ErrorCode {
  return typeof text === 'string' && Object.hasOwn(ERROR_CODES, text);
}
