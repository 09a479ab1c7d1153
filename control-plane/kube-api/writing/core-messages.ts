// SPDX-License-Identifier: Apache-2.0
import protobuf from 'protobufjs';

/** Fields of a message as `name: [type, number]`; a type in brackets is repeated, one in braces a map from text. */
type Fields = Readonly<Record<string, readonly [type: string, id: number]>>;

/**
 * The messages that kubectl and typed clients send as protobuf, with the fields that we read; names and numbers are
 * those of Kubernetes' generated.proto files (k8s.io/api, k8s.io/apimachinery). Unknown fields are skipped.
 */
const MESSAGES: Readonly<Record<string, Fields>> = {
  Unknown: { typeMeta: ['TypeMeta', 1], raw: ['bytes', 2] },
  TypeMeta: { apiVersion: ['string', 1], kind: ['string', 2] },
  ObjectMeta: {
    name: ['string', 1],
    generateName: ['string', 2],
    namespace: ['string', 3],
    uid: ['string', 5],
    resourceVersion: ['string', 6],
    labels: ['{string}', 11],
    annotations: ['{string}', 12],
  },
  IntOrString: { type: ['int64', 1], intVal: ['int32', 2], strVal: ['string', 3] },
  Preconditions: { uid: ['string', 1], resourceVersion: ['string', 2] },
  DeleteOptions: {
    preconditions: ['Preconditions', 2],
    propagationPolicy: ['string', 4],
    dryRun: ['[string]', 5],
  },
  Namespace: { metadata: ['ObjectMeta', 1], spec: ['NamespaceSpec', 2] },
  NamespaceSpec: { finalizers: ['[string]', 1] },
  Secret: {
    metadata: ['ObjectMeta', 1],
    data: ['{bytes}', 2],
    type: ['string', 3],
    stringData: ['{string}', 4],
    immutable: ['bool', 5],
  },
  Service: { metadata: ['ObjectMeta', 1], spec: ['ServiceSpec', 2] },
  ServiceSpec: {
    ports: ['[ServicePort]', 1],
    selector: ['{string}', 2],
    clusterIP: ['string', 3],
    type: ['string', 4],
    externalIPs: ['[string]', 5],
    sessionAffinity: ['string', 7],
    externalName: ['string', 10],
    externalTrafficPolicy: ['string', 11],
    publishNotReadyAddresses: ['bool', 13],
    ipFamilyPolicy: ['string', 17],
    clusterIPs: ['[string]', 18],
    ipFamilies: ['[string]', 19],
    internalTrafficPolicy: ['string', 22],
  },
  ServicePort: {
    name: ['string', 1],
    protocol: ['string', 2],
    port: ['int32', 3],
    targetPort: ['IntOrString', 4],
    nodePort: ['int32', 5],
    appProtocol: ['string', 6],
  },
  SelfSubjectAccessReview: {
    metadata: ['ObjectMeta', 1],
    spec: ['SelfSubjectAccessReviewSpec', 2],
  },
  SelfSubjectAccessReviewSpec: {
    resourceAttributes: ['ResourceAttributes', 1],
    nonResourceAttributes: ['NonResourceAttributes', 2],
  },
  ResourceAttributes: {
    namespace: ['string', 1],
    verb: ['string', 2],
    group: ['string', 3],
    version: ['string', 4],
    resource: ['string', 5],
    subresource: ['string', 6],
    name: ['string', 7],
  },
  NonResourceAttributes: { path: ['string', 1], verb: ['string', 2] },
  SelfSubjectRulesReview: {
    metadata: ['ObjectMeta', 1],
    spec: ['SelfSubjectRulesReviewSpec', 2],
  },
  SelfSubjectRulesReviewSpec: { namespace: ['string', 1] },
  SelfSubjectReview: { metadata: ['ObjectMeta', 1] },
};

/** The message types by name. */
export function coreMessages(): protobuf.Root {
  const root = new protobuf.Root();
  for (const [name, fields] of Object.entries(MESSAGES)) {
    const type = new protobuf.Type(name);
    for (const [field, [spec, id]] of Object.entries(fields)) {
      if (spec.startsWith('{'))
        type.add(new protobuf.MapField(field, id, 'string', spec.slice(1, -1)));
      else if (spec.startsWith('['))
        type.add(new protobuf.Field(field, id, spec.slice(1, -1), 'repeated'));
      else type.add(new protobuf.Field(field, id, spec));
    }
    root.add(type);
  }
  root.resolveAll();
  return root;
}
