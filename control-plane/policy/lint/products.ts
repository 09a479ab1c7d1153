// SPDX-License-Identifier: Apache-2.0
import type { KubeObject } from '../kube-object.js';
import type { Source } from './sources.js';

/** What may stand between clients and a gateway, and forgets or closes connections in its own time. */
export interface Product {
  /** As `heartline.dev/in-front` and `--in-front` name it. */
  readonly id: 'aws-nlb' | 'aws-alb' | 'azure-lb' | 'gcp-lb';
  readonly title: string;
  /** Idle time after which a connection is cut, seconds, by default. */
  readonly idleSeconds: number;
  /** Whether that can be set, and to what. */
  readonly range: string;
  /** What ends the idle time: any packet (TCP probes, PINGs), or HTTP requests and answers only. */
  readonly keptBy: 'packets' | 'requests';
  /** Idle time after which its own connection to the gateway is not used again, seconds; absent: it opens none of its own. */
  readonly reuseSeconds?: number;
  readonly source: Source;
}

export const AWS_NLB: Product = {
  id: 'aws-nlb',
  title: 'an AWS Network Load Balancer',
  idleSeconds: 350,
  range: 'by default; 60s to 6000s on TCP listeners, fixed on TLS listeners',
  keptBy: 'packets',
  source: {
    title: 'AWS, TCP idle timeout of a Network Load Balancer',
    url: 'https://docs.aws.amazon.com/elasticloadbalancing/latest/network/update-idle-timeout.html',
  },
};

export const AWS_ALB: Product = {
  id: 'aws-alb',
  title: 'an AWS Application Load Balancer',
  idleSeconds: 60,
  range: 'by default; an attribute of the load balancer',
  keptBy: 'requests',
  reuseSeconds: 60,
  source: {
    title: 'AWS, connection idle timeout of an Application Load Balancer',
    url: 'https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html',
  },
};

export const AZURE_LB: Product = {
  id: 'azure-lb',
  title: 'an Azure Load Balancer',
  idleSeconds: 240,
  range: 'by default; 4m to 100m for each rule',
  keptBy: 'packets',
  source: {
    title: 'Azure, TCP reset and idle timeout of Load Balancer',
    url: 'https://learn.microsoft.com/en-us/azure/load-balancer/load-balancer-tcp-idle-timeout',
  },
};

export const GCP_LB: Product = {
  id: 'gcp-lb',
  title: 'Google Cloud',
  idleSeconds: 600,
  range: 'fixed',
  keptBy: 'packets',
  reuseSeconds: 600,
  source: {
    title: 'Google Cloud, connection tracking of a VPC network',
    url: 'https://cloud.google.com/compute/docs/troubleshooting/general-tips',
  },
};

/** Sorted by id. */
const PRODUCTS: readonly Product[] = [AWS_ALB, AWS_NLB, AZURE_LB, GCP_LB];

/** On a policy, or on the Gateway it targets. */
export const IN_FRONT_ANNOTATION = 'heartline.dev/in-front';

/** Every value of the annotation and of `--in-front`; `none` = clients reach the gateway directly. */
export const IN_FRONT_VALUES: readonly string[] = [...PRODUCTS.map(({ id }) => id), 'none'];

/** The products of one value; undefined for a value that is none. */
export function productsOf(value: string): readonly Product[] | undefined {
  if (value === 'none') return [];
  const product = PRODUCTS.find(({ id }) => id === value);
  return product && [product];
}

/** What an object says about itself; undefined = nothing, or nothing that is known. */
export function inFrontOf({ metadata }: KubeObject): readonly Product[] | undefined {
  const value = metadata.annotations?.[IN_FRONT_ANNOTATION];
  return value === undefined ? undefined : productsOf(value);
}
