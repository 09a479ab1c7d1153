// SPDX-License-Identifier: Apache-2.0
import { parsePattern } from '../../shared/patterns/pattern.js';
import type { Backend__Output as Backend } from '../../shared/proto/gen/agentgateway/dev/resource/Backend.js';
import type { BackendPolicySpec__Output as BackendPolicy } from '../../shared/proto/gen/agentgateway/dev/resource/BackendPolicySpec.js';
import type { Bind__Output as Bind } from '../../shared/proto/gen/agentgateway/dev/resource/Bind.js';
import type {
  FrontendPolicySpec__Output as Frontend,
  _agentgateway_dev_resource_FrontendPolicySpec_NetworkAuthorization__Output as WireAuthorization,
} from '../../shared/proto/gen/agentgateway/dev/resource/FrontendPolicySpec.js';
import type { Listener__Output as Listener } from '../../shared/proto/gen/agentgateway/dev/resource/Listener.js';
import type { Policy__Output as Policy } from '../../shared/proto/gen/agentgateway/dev/resource/Policy.js';
import type { Resource__Output as Resource } from '../../shared/proto/gen/agentgateway/dev/resource/Resource.js';
import type { Route__Output as Route } from '../../shared/proto/gen/agentgateway/dev/resource/Route.js';
import { createExpressionCheck } from '../access/network-authorization.js';
import { type Findings, mergeFindings, NO_FINDINGS } from './diagnostic.js';
import { checkHttp } from './http-values.js';
import { checkKeepalive } from './keepalive-values.js';

/** Everything that can be said about a resource without looking at the others. */
export function validateResource(resource: Resource): Findings {
  const { kind } = resource;
  switch (kind) {
    case 'bind':
      return withKey(resource.bind, validateBind);
    case 'listener':
      return withKey(resource.listener, validateListener);
    case 'route':
      return withKey(resource.route, validateRoute);
    case 'tcpRoute':
      return withKey(resource.tcpRoute, ({ name }) => required(name, 'tcp_route.name'));
    case 'backend':
      return withKey(resource.backend, validateBackend);
    case 'policy':
      return withKey(resource.policy, validatePolicy);
    case 'workload':
    case 'service':
    case 'routeGroup':
    case 'modelRoute':
      return warning(`this worker does not serve resources of kind ${kind}; nothing refers to it`);
    case undefined:
      return error('the resource has no kind that this worker knows');
    default:
      return unreachable(kind);
  }
}

/** Kind and key: what a resource is, however it is named on the wire. */
export function resourceIdentity(name: string, resource: Resource): string {
  const { bind, listener, route, tcpRoute, backend, policy } = resource;
  const keyed = bind ?? listener ?? route ?? tcpRoute ?? backend ?? policy;
  return `${resource.kind ?? ''}/${keyed?.key ?? name}`;
}

function withKey<T extends { key?: string }>(
  value: T | undefined,
  check: (value: T) => Findings,
): Findings {
  if (value === undefined) return error('the resource is empty');
  return mergeFindings(value.key ? NO_FINDINGS : error('the field key is missing'), check(value));
}

function validateBind(bind: Bind): Findings {
  const port = bind.port ?? 0;
  return mergeFindings(
    port >= 1 && port <= 65_535 ? NO_FINDINGS : error(`bind.port is ${port}; it takes 1 to 65535`),
    knownEnum(bind.protocol, 'bind.protocol'),
    knownEnum(bind.tunnelProtocol, 'bind.tunnel_protocol'),
    knownEnum(bind.mode, 'bind.mode'),
  );
}

function validateListener(listener: Listener): Findings {
  return mergeFindings(
    required(listener.name, 'listener.name'),
    listener.bindKey ? NO_FINDINGS : error('the field listener.bind_key is missing'),
    knownEnum(listener.protocol, 'listener.protocol'),
  );
}

function validateRoute({ name, matches }: Route): Findings {
  const findings = [required(name, 'route.name')];
  for (const [at, { path, headers, queryParams }] of matches.entries()) {
    const field = `route.matches[${at}]`;
    findings.push(checkPattern(path?.regex, `${field}.path.regex`));
    headers.forEach(({ regex }, i) => {
      findings.push(checkPattern(regex, `${field}.headers[${i}].regex`));
    });
    queryParams.forEach(({ regex }, i) => {
      findings.push(checkPattern(regex, `${field}.query_params[${i}].regex`));
    });
  }
  return mergeFindings(...findings);
}

function checkPattern(source: string | undefined, field: string): Findings {
  const pattern = source === undefined ? undefined : parsePattern(source);
  return typeof pattern === 'string' ? error(`${field}: ${pattern}`) : NO_FINDINGS;
}

function validateBackend(backend: Backend): Findings {
  const findings = [required(backend.name, 'backend.name')];
  if (backend.kind === undefined) {
    findings.push(error('the backend has no kind that this worker knows'));
  }
  if (backend.static !== undefined && !backend.static.unixPath) {
    const { host, port = 0 } = backend.static;
    if (!host) findings.push(error('the field backend.static.host is missing'));
    if (port < 1 || port > 65_535) {
      findings.push(error(`backend.static.port is ${port}; it takes 1 to 65535`));
    }
  }
  return mergeFindings(...findings, ...backend.inlinePolicies.map(validateBackendPolicy));
}

function validatePolicy(policy: Policy): Findings {
  const target = policy.target;
  const findings = [knownEnum(policy.inheritance, 'policy.inheritance')];
  if (target?.kind === undefined) findings.push(error('the field policy.target is missing'));
  if (target?.gateway !== undefined) {
    const { listener, port } = target.gateway;
    if (listener !== undefined && port !== undefined) {
      findings.push(
        error('policy.target.gateway names a listener and a port; it takes one of them'),
      );
    }
    if (port !== undefined && (port < 1 || port > 65_535)) {
      findings.push(error(`policy.target.gateway.port is ${port}; it takes 1 to 65535`));
    }
  }
  if (policy.kind === undefined) {
    findings.push(error('the policy has no kind that this worker knows'));
  }
  if (policy.frontend !== undefined) findings.push(validateFrontend(policy.frontend));
  if (policy.backend !== undefined) findings.push(validateBackendPolicy(policy.backend));
  return mergeFindings(...findings);
}

/** Kinds that restrict access get their warning from the plan, which knows what they close. */
function validateFrontend(frontend: Frontend): Findings {
  const { kind } = frontend;
  switch (kind) {
    case 'tcp':
      return checkKeepalive(frontend.tcp?.keepalives, 'frontend.tcp.keepalives');
    case 'http':
      return checkHttp(frontend.http ?? {});
    case 'tls':
    case 'logging':
    case 'tracing':
    case 'metrics':
      return warning(`frontend.${kind} is not served by this worker and has no effect`);
    case 'connect':
      return validateConnect(frontend.connect?.mode ?? 'DENY');
    case 'networkAuthorization':
      return validateAuthorization(frontend.networkAuthorization);
    case 'proxyProtocol':
      return mergeFindings(
        knownEnum(frontend.proxyProtocol?.version, 'frontend.proxy_protocol.version'),
        knownEnum(frontend.proxyProtocol?.mode, 'frontend.proxy_protocol.mode'),
      );
    case undefined:
      return error('the frontend policy has no kind that this worker knows');
    default:
      return unreachable(kind);
  }
}

/** Never an error: an older version, or none, would let in whom this one shuts out. What cannot be evaluated fails closed. */
function validateAuthorization(rules: WireAuthorization | undefined | null): Findings {
  const findProblem = createExpressionCheck();
  const check = (list: 'allow' | 'deny' | 'require', effect: string): string[] =>
    (rules?.[list] ?? []).flatMap((expression, at) => {
      const problem = findProblem(expression);
      if (problem === undefined) return [];
      return [`frontend.network_authorization.${list}[${at}]: ${problem}; ${effect}`];
    });
  const warnings = [
    ...check('allow', 'it lets nobody in'),
    ...check('deny', 'it refuses every connection'),
    ...check('require', 'it refuses every connection'),
  ];
  return { errors: [], warnings };
}

function validateConnect(mode: string | number): Findings {
  const findings = knownEnum(mode, 'frontend.connect.mode');
  if (findings.errors.length > 0 || mode === 'DENY') return findings;
  return warning(
    `frontend.connect.mode ${mode} is not served by this worker: CONNECT requests are denied`,
  );
}

function validateBackendPolicy(policy: BackendPolicy): Findings {
  if (policy.backendTcp === undefined) return NO_FINDINGS;
  const findings = checkKeepalive(policy.backendTcp.keepalive, 'backend_tcp.keepalive');
  if (policy.backendTcp.connectTimeout === undefined) return findings;
  return mergeFindings(
    findings,
    warning('backend_tcp.connect_timeout is not served by this worker and has no effect'),
  );
}

/** A value of an enum that this build does not know is decoded as its number. */
function knownEnum(value: string | number | undefined, field: string): Findings {
  return typeof value === 'number'
    ? error(`${field} is ${value}, a value that this worker does not know`)
    : NO_FINDINGS;
}

function required(value: unknown, field: string): Findings {
  return value === undefined ? error(`the field ${field} is missing`) : NO_FINDINGS;
}

function error(message: string): Findings {
  return { errors: [message], warnings: [] };
}

function warning(message: string): Findings {
  return { errors: [], warnings: [message] };
}

function unreachable(value: never): Findings {
  return error(`this worker does not know the kind ${String(value)}`);
}
