// SPDX-License-Identifier: Apache-2.0

/** What kubectl asks for: a Document of gnostic's openapi_v2. */
export const OPENAPI_V2_PROTOBUF = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';

interface OpenApiV2 {
  readonly swagger: '2.0';
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, never>>;
}

/**
 * OpenAPI v2 without a single path. kubectl asks for it whenever version 3 does not know a kind (a List, a misspelt one), and
 * refuses to go on without an answer; what the document does not describe, it leaves to the server.
 */
export function openApiV2(version: string): OpenApiV2 {
  return { swagger: '2.0', info: { title: 'Heartline', version }, paths: {} };
}

/** The same as protobuf: swagger = 1, info = 2 {title = 1, version = 2}, paths = 8 (gnostic, openapiv2/OpenAPIv2.proto). */
export function encodeOpenApiV2({ swagger, info }: OpenApiV2): Buffer {
  const infoBytes = Buffer.concat([field(1, info.title), field(2, info.version)]);
  return Buffer.concat([field(1, swagger), field(2, infoBytes), field(8, '')]);
}

/** A field of wire type 2: one byte of key, one of length, which these texts never exceed. */
function field(number: number, value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.of((number << 3) | 2, bytes.length), bytes]);
}
