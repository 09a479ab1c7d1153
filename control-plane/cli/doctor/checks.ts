// SPDX-License-Identifier: Apache-2.0

/** One line of the doctor's answer. */
export interface Check {
  readonly name: string;
  readonly verdict: 'ok' | 'warning' | 'failure';
  /** What was found; for a failure also what to do. */
  readonly detail: string;
}

/** What was found on the machine; the checks judge it. */
export interface MachineFacts {
  readonly nodeVersion: string;
  readonly platform: string;
  /** Soft limit of open files; undefined when unlimited or unknown. */
  readonly openFiles: number | undefined;
  /** tcp_keepalive_time, _intvl and _probes of this network namespace. */
  readonly kernelKeepalive: readonly (number | undefined)[];
}

export interface PortFact {
  readonly port: number;
  readonly label: string;
  /** Undefined when the port is free. */
  readonly owner: string | undefined;
}

export interface FileFact {
  readonly path: string;
  /** Permission bits; undefined when the file does not exist. */
  readonly mode: number | undefined;
}

/** What a TLS handshake with the API server showed. */
export type CertificateFact =
  | { readonly kind: 'plain' }
  | { readonly kind: 'trusted'; readonly names: string; readonly until: string }
  | { readonly kind: 'refused'; readonly reason: string };

/** The first kubectl that asks for what is served; older ones want OpenAPI v2. */
const OLDEST_KUBECTL_MINOR = 29;

const OLDEST_NODE: readonly [number, number] = [20, 19];
/** Each proxied connection takes two descriptors and 256 are reserved: enough for 1,900 connections. */
const ENOUGH_OPEN_FILES = 4096;

export function checkMachine(facts: MachineFacts): readonly Check[] {
  const [major = 0, minor = 0] = facts.nodeVersion.split('.').map(Number);
  const [oldMajor, oldMinor] = OLDEST_NODE;
  const isNewEnough = major > oldMajor || (major === oldMajor && minor >= oldMinor);
  return [
    isNewEnough
      ? ok('node', facts.nodeVersion)
      : failure('node', `${facts.nodeVersion}; install ${oldMajor}.${oldMinor} or newer`),
    facts.platform.startsWith('linux')
      ? ok('system', facts.platform)
      : failure('system', `${facts.platform}; Heartline runs on Linux only`),
    checkOpenFiles(facts.openFiles),
    checkKernelKeepalive(facts.kernelKeepalive),
  ];
}

function checkOpenFiles(limit: number | undefined): Check {
  if (limit === undefined) return ok('open files', 'no limit');
  if (limit >= ENOUGH_OPEN_FILES) return ok('open files', `limit ${limit}`);
  return warning(
    'open files',
    `limit ${limit}; raise it with ulimit -n ${ENOUGH_OPEN_FILES} for many connections`,
  );
}

function checkKernelKeepalive(values: readonly (number | undefined)[]): Check {
  if (values.some((value) => value === undefined)) {
    return failure('kernel keepalive', 'net.ipv4.tcp_keepalive_* cannot be read; mount /proc');
  }
  return ok('kernel keepalive', `system values ${values.join('/')} (time/interval/probes)`);
}

/** A taken port is right while Heartline runs here, and in the way when it does not. */
export function checkPortFacts(ports: readonly PortFact[], isRunning: boolean): readonly Check[] {
  return ports.map(({ port, label, owner }) => {
    const name = `port ${port}`;
    if (owner === undefined) return ok(name, `${label}: free`);
    if (isRunning) return ok(name, `${label}: ${owner}`);
    return failure(name, `${label}: taken by ${owner}; stop it or use heartline up --port-offset`);
  });
}

/** `version` as kubectl says it, such as `v1.32.4`; undefined when there is none. Everything but the guide works without. */
export function checkKubectl(version: string | undefined): Check {
  if (version === undefined) {
    return warning('kubectl', 'not on the PATH; https://kubernetes.io/docs/tasks/tools has it');
  }
  const minor = Number(/^v1\.(\d+)\./.exec(version)?.[1] ?? 0);
  if (minor >= OLDEST_KUBECTL_MINOR) return ok('kubectl', version);
  return warning('kubectl', `${version}; install 1.${OLDEST_KUBECTL_MINOR} or newer`);
}

/** Whether kubectl will trust the server of the kubeconfig. */
export function checkCertificate(fact: CertificateFact): Check {
  const name = 'certificate';
  switch (fact.kind) {
    case 'plain':
      return warning(
        name,
        'the kubeconfig names an http:// server, to which kubectl sends no token; heartline up writes another',
      );
    case 'trusted':
      return ok(name, `fits the kubeconfig; ${fact.names}; until ${fact.until}`);
    case 'refused':
      return failure(name, `${fact.reason}; use the kubeconfig that this server's up wrote`);
  }
}

/** Tokens must be readable by their owner only. */
export function checkTokenFile({ path, mode }: FileFact): Check {
  if (mode === undefined) return failure(path, 'missing; heartline up writes it');
  const octal = mode.toString(8).padStart(4, '0');
  return (mode & 0o077) === 0
    ? ok(path, `mode ${octal}`)
    : failure(path, `mode ${octal} lets others read it; run chmod 600 ${path}`);
}

export function ok(name: string, detail: string): Check {
  return { name, verdict: 'ok', detail };
}

export function warning(name: string, detail: string): Check {
  return { name, verdict: 'warning', detail };
}

export function failure(name: string, detail: string): Check {
  return { name, verdict: 'failure', detail };
}

/** The soft limit in the text of /proc/self/limits (proc(5)); undefined = unlimited. */
export function parseOpenFilesLimit(limits: string): number | undefined {
  const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
  return soft === undefined ? undefined : Number(soft);
}
