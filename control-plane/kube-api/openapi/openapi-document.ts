// SPDX-License-Identifier: Apache-2.0
import type { ServedResource } from '../resources/served-resource.js';
import { META_SCHEMAS } from './meta-schemas.js';
import { pathItems } from './openapi-paths.js';
import { kindSchemas } from './openapi-schema.js';

/** The OpenAPI 3.0 document of one version of one group. */
export function openApiDocument(resources: readonly ServedResource[], version: string): object {
  return {
    openapi: '3.0.0',
    info: { title: 'Heartline', version },
    paths: Object.assign({}, ...resources.map(pathItems)),
    components: { schemas: Object.assign({}, META_SCHEMAS, ...resources.map(kindSchemas)) },
  };
}
