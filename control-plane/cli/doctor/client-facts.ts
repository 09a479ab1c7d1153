// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:tls';
import { promisify } from 'node:util';
import { errnoOf } from '../../../shared/errors/heartline-error.js';
import type { Connection } from '../kubeconfig/kubeconfig.js';
import type { CertificateFact } from './checks.js';

const DEADLINE_MS = 10_000;

/** Undefined when the PATH has no kubectl, or one that does not say its version. */
export async function readKubectlVersion(): Promise<string | undefined> {
  try {
    const args = ['version', '--client', '-o', 'json'];
    const { stdout } = await promisify(execFile)('kubectl', args, { timeout: DEADLINE_MS });
    const said = JSON.parse(stdout) as {
      readonly clientVersion?: { readonly gitVersion?: string };
    };
    return said.clientVersion?.gitVersion;
  } catch {
    // Not there, or another program of that name: the check says what to install.
    return undefined;
  }
}

/** Shakes hands with the server as kubectl does: with the kubeconfig's authority, by the name in its URL. */
export async function readCertificateFact(
  connection: Pick<Connection, 'server' | 'certificateAuthority'>,
): Promise<CertificateFact> {
  const { hostname, port, protocol } = new URL(connection.server);
  if (protocol === 'http:') return { kind: 'plain' };
  const ca = connection.certificateAuthority;
  const host = hostname.replace(/^\[|\]$/g, '');
  const socket = connect({ host, port: Number(port || 443), ...(ca === undefined ? {} : { ca }) });
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.timeout(DEADLINE_MS) });
    const { subjectaltname = '', valid_to: until } = socket.getPeerCertificate();
    return { kind: 'trusted', names: subjectaltname, until };
  } catch (thrown) {
    return { kind: 'refused', reason: errnoOf(thrown) ?? String(thrown) };
  } finally {
    socket.destroy();
  }
}
