import type { TSchema } from 'typebox';
import { JSON_TYPE } from '../../../protocol/media-types.ts';
import type { AnswerSpec, Body } from '../route.ts';

export function jsonAnswer(description: string, schema: TSchema): AnswerSpec {
  return { description, type: JSON_TYPE, schema };
}

/** An answer that is done with: there is nothing to say. */
export function emptyAnswer(description: string): AnswerSpec {
  return { description, type: '' };
}

export function jsonBody<Schema extends TSchema>(schema: Schema, limit: number) {
  return { kind: 'json', schema, limit, types: [JSON_TYPE] } as const satisfies Body;
}

export function bytesBody(types: readonly string[], limit: number) {
  return { kind: 'bytes', types, limit } as const satisfies Body;
}
