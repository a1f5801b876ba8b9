import Type from 'typebox';
import { KeySetSchema } from '../../../protocol/health.ts';
import { type Route, route } from '../route.ts';
import { jsonAnswer } from './answer-specs.ts';

/** A JWK Set (RFC 7517), without private members. */
export interface PublicKeySet {
  readonly keys: readonly Readonly<Record<string, unknown>>[];
}

/** What this gateway understands, and the keys that its result tokens are signed by. */
export function descriptionRoutes(describe: () => object, keys: () => PublicKeySet): Route[] {
  return [
    route({
      method: 'GET',
      path: '/openapi.json',
      operation: 'description.read',
      summary: 'This description',
      answers: { 200: jsonAnswer('OpenAPI 3.1', Type.Object({ openapi: Type.Literal('3.1.1') })) },
      handle: async () => ({ status: 200, body: describe() }),
    }),
    route({
      method: 'GET',
      path: '/.well-known/jwks.json',
      origins: 'any',
      operation: 'keys.read',
      summary: 'The keys that result tokens are signed by',
      description: 'Pin them where you can: whoever serves this can serve others.',
      answers: { 200: jsonAnswer('A JWK Set', KeySetSchema) },
      handle: async () => ({ status: 200, body: keys() }),
    }),
  ];
}
