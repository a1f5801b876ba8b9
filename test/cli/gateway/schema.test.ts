import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { GatewayConfigSchema } from '../../../src/cli/gateway/schema.ts';
import { schemaMisfits } from '../../../src/core/document/schema-misfits.ts';
import type { JsonValue } from '../../../src/core/encoding/json.ts';
import { PUBLISHED_SCHEMAS } from '../../../tools/schemas.ts';
import { WHOLE } from './configs.ts';

const PATH = 'docs/gateway/postern.schema.json';
const warnings: string[] = [];
const note = (text: string) => warnings.push(text);
const ajv = new Ajv2020({ strict: true, logger: { log: note, warn: note, error: note } });
const validate = ajv.compile(JSON.parse(PUBLISHED_SCHEMAS[PATH]));

describe('the published schema', () => {
  it('is current', () => {
    expect(readFileSync(resolve(PATH), 'utf8')).toBe(PUBLISHED_SCHEMAS[PATH]);
  });

  it('is JSON Schema 2020-12 in the strictest reading, without a warning', () => {
    expect(warnings).toEqual([]);
  });

  it('takes a configuration that says everything', () => {
    expect(validate(WHOLE), JSON.stringify(validate.errors)).toBe(true);
  });
});

/** All places of a value, by the names and numbers that lead there. */
function placesOf(
  value: JsonValue,
  path: readonly (string | number)[] = [],
): (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  const inner = Object.entries(value).flatMap(([name, one]) =>
    placesOf(one as JsonValue, [...path, Array.isArray(value) ? Number(name) : name]),
  );
  return [path, ...inner];
}

const odd = fc.constantFrom<JsonValue>(
  ...[
    '',
    'x',
    '8',
    '90s',
    '0s',
    '3651d',
    'require',
    'https://a.example',
    '64KiB',
    '0MiB',
    '\u202e',
  ],
  ...[0, -1, 1, 1.5, 51, 2 ** 53, null, true, [], {}, ['a', 'a']],
  ...[{ unsigned: 'too short' }, { unsigned: 'short' }, { kind: 'vendor', intel: ['a'] }],
);

/** A copy with one place changed: another value, gone, or with a member too many. */
function changed(path: readonly (string | number)[], how: number, other: JsonValue): JsonValue {
  const copy = structuredClone(WHOLE) as unknown as JsonValue;
  const last = path.at(-1);
  if (last === undefined) return other;
  let around = copy as Record<string | number, JsonValue>;
  for (const step of path.slice(0, -1)) around = around[step] as never;
  if (how === 0) around[last] = other;
  else if (how === 1 && Array.isArray(around)) around.splice(Number(last), 1);
  else if (how === 1) delete around[last];
  else if (!Array.isArray(around)) around[`${last}X`] = other;
  return copy;
}

it('is read the same by the validator, by ajv and by what explains it', () => {
  let refused = 0;
  fc.assert(
    fc.property(fc.constantFrom(...placesOf(WHOLE)), fc.nat(2), odd, (path, how, other) => {
      const one = changed(path, how, other);
      const fits = Value.Check(GatewayConfigSchema, one);
      expect([validate(one), path]).toEqual([fits, path]);
      expect(schemaMisfits(GatewayConfigSchema, one).length > 0).toBe(!fits);
      if (!fits) refused++;
    }),
    { numRuns: 600 },
  );
  expect(refused).toBeGreaterThan(200);
});
