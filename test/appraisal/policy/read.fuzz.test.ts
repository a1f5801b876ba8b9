import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { Value } from 'typebox/value';
import { expect } from 'vitest';
import { readPolicy, tryPolicy } from '../../../src/appraisal/policy/read-policy.ts';
import { PolicySchema } from '../../../src/appraisal/policy/schema/policy.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { readYaml } from '../../../src/core/document/yaml-text.ts';
import { damaged, fuzz } from '../../support/fuzz.ts';

const FOLDER = join(import.meta.dirname, '../../../policies');
const shipped = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => new Uint8Array(readFileSync(join(FOLDER, name))));
const canonical = shipped.map((bytes) => readPolicy(bytes).canonical);

/** Nothing escapes, and what is accepted is a policy whose identity holds. */
function check(bytes: Uint8Array): void {
  const { read, problems } = tryPolicy(bytes);
  expect(read === undefined).toBe(problems.length > 0);
  if (read === undefined) return;
  expect(Value.Check(PolicySchema, read.policy)).toBe(true);
  expect(readPolicy(read.canonical).digest).toBe(read.digest);
}

fuzz('a damaged policy in YAML', damaged(...shipped), check);
fuzz('a damaged policy in JSON', damaged(...canonical), check);

const words = fc.constantFrom(
  ...['a', 'b:', ': ', '- ', '\n', '\n  ', '{', '}', '[', ']', ',', '"', "'", '|', '>', '&a', '*a'],
  ...[
    '!!str',
    '00e1',
    '0x1f',
    '---',
    '...',
    '%YAML 1.1',
    '#',
    '? ',
    '<<',
    '~',
    'true',
    '\t',
    '\r\n',
  ],
);

fuzz(
  'any text of YAML’s words',
  fc.array(words, { maxLength: 60 }).map((parts) => utf8(parts.join(''))),
  (bytes) => {
    const { value, problems } = readYaml(bytes);
    if (problems.length > 0) expect(value).toBeUndefined();
  },
);
