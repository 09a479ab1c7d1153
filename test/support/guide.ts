// SPDX-License-Identifier: Apache-2.0

/** One half of agentgateway's Keepalive guide: its commands as they stand there, and what the config dump has to show. */
export interface GuidePart {
  readonly apply: string;
  readonly readDump: string;
  readonly dump: object;
}

export const PORT_FORWARD =
  'kubectl port-forward deployment/agentgateway-proxy -n agentgateway-system 15000';
export const DELETE = 'kubectl delete AgentgatewayPolicy httpbin-keepalive -n httpbin';

const HEAD = `apiVersion: agentgateway.dev/v1alpha1
kind: AgentgatewayPolicy
metadata:
  name: httpbin-keepalive
  namespace: httpbin
spec:
  targetRefs:
  - kind: Gateway
    name: agentgateway-proxy
    group: gateway.networking.k8s.io
`;

function entry(part: string, frontend: object): object {
  return {
    key: `frontend/httpbin/httpbin-keepalive:frontend-${part}:httpbin/agentgateway-proxy`,
    name: { kind: 'AgentgatewayPolicy', name: 'httpbin-keepalive', namespace: 'httpbin' },
    target: {
      gateway: {
        gatewayName: 'agentgateway-proxy',
        gatewayNamespace: 'httpbin',
        listenerName: null,
      },
    },
    policy: { frontend },
  };
}

export const TCP_PART: GuidePart = {
  apply: `kubectl apply -f- <<EOF
${HEAD}  frontend:
    tcp:
      keepalive:
        retries: 3
        time: 30s
        interval: 5s
EOF`,
  readDump:
    "curl -s http://localhost:15000/config_dump | jq '[.policies[] | select(.policy.frontend != null and .policy.frontend.tCP != null and .policy.frontend.tCP.keepalives != null)] | .[0]'",
  dump: entry('tcp', {
    tCP: { keepalives: { enabled: true, time: '30s', interval: '5s', retries: 3 } },
  }),
};

export const HTTP_PART: GuidePart = {
  apply: `kubectl apply -f- <<EOF
${HEAD}  frontend:
    http:
      http2KeepaliveInterval: 5s
      http2KeepaliveTimeout: 30s
EOF`,
  readDump:
    "curl -s http://localhost:15000/config_dump | jq '[.policies[] | select(.policy.frontend != null and .policy.frontend.hTTP != null and .policy.frontend.hTTP.http2KeepaliveInterval != null)] | .[0]'",
  dump: entry('http', {
    hTTP: {
      maxBufferSize: 2_097_152,
      http1MaxHeaders: null,
      http1IdleTimeout: '10m0s',
      http2WindowSize: null,
      http2ConnectionWindowSize: null,
      http2FrameSize: null,
      http2KeepaliveInterval: '5s',
      http2KeepaliveTimeout: '30s',
    },
  }),
};
