// SPDX-License-Identifier: Apache-2.0

/** Where a rule's figures come from. */
export interface Source {
  readonly title: string;
  /** Absent for what this project itself decides. */
  readonly url?: string;
}

export const TCP_7: Source = {
  title: 'tcp(7), TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT',
  url: 'https://man7.org/linux/man-pages/man7/tcp.7.html',
};

export const PING_FRAME: Source = {
  title: 'RFC 9113 section 6.7, PING',
  url: 'https://www.rfc-editor.org/rfc/rfc9113#section-6.7',
};

export const HTTP1_CLOSE: Source = {
  title: 'RFC 9112 section 9.5, failures and timeouts',
  url: 'https://www.rfc-editor.org/rfc/rfc9112#section-9.5',
};

export const GRPC_KEEPALIVE: Source = {
  title: 'gRPC, keepalive user guide',
  url: 'https://github.com/grpc/grpc/blob/master/doc/keepalive.md',
};

export const NAT_RFC: Source = {
  title: 'RFC 5382, REQ-5',
  url: 'https://www.rfc-editor.org/rfc/rfc5382#section-5',
};

export const CONNTRACK: Source = {
  title: 'Linux, nf_conntrack_tcp_timeout_established',
  url: 'https://docs.kernel.org/networking/nf_conntrack-sysctl.html',
};

export const KUBE_PROXY: Source = {
  title: 'kube-proxy, --conntrack-tcp-timeout-established',
  url: 'https://kubernetes.io/docs/reference/command-line-tools-reference/kube-proxy/',
};

export const ELB_KEEPALIVE: Source = {
  title: 'AWS, idle timeout of a Classic Load Balancer',
  url: 'https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/config-idle-timeout.html',
};

export const GCP_BACKEND_KEEPALIVE: Source = {
  title: 'Google Cloud, how Application Load Balancers connect',
  url: 'https://cloud.google.com/load-balancing/docs/https/request-distribution',
};

export const ENDPOINT_SLICE: Source = {
  title: 'Kubernetes, EndpointSlices',
  url: 'https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/',
};

export const SECRET: Source = {
  title: 'Kubernetes, immutable Secrets',
  url: 'https://kubernetes.io/docs/concepts/configuration/secret/#secret-immutable',
};

/** What follows from what this project does, not from somebody else's figure. */
export const OURS: Source = { title: 'Heartline' };
