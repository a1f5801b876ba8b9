import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { readPolicy, tryPolicy } from '../../../src/appraisal/policy/read-policy.ts';
import { PolicySchema } from '../../../src/appraisal/policy/schema/policy.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { misfitsOf } from '../../../src/core/document/explain-shape.ts';
import { readYaml } from '../../../src/core/document/yaml-text.ts';
import { type JsonValue, parseJson } from '../../../src/core/encoding/json.ts';
import { PUBLISHED_SCHEMAS } from '../../../tools/schemas.ts';
import { asPolicy } from '../../support/policy-variants.ts';

const PUBLISHED = PUBLISHED_SCHEMAS['policies/measurement-policy.schema.json'];
const FOLDER = join(import.meta.dirname, '../../../policies');
const shipped = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'));
const text = (name: string) => readFileSync(join(FOLDER, name), 'utf8');
const dataOf = (name: string) =>
  JSON.parse(JSON.stringify(readYaml(utf8(text(name))).value)) as JsonValue;

const warnings: string[] = [];
const ajv = new Ajv2020({
  strict: true,
  allErrors: false,
  logger: {
    log: (text: string) => warnings.push(text),
    warn: (text: string) => warnings.push(text),
    error: (text: string) => warnings.push(text),
  },
});
const validate = ajv.compile(JSON.parse(PUBLISHED));

describe('the published schema', () => {
  it('is current', () => {
    expect(readFileSync(join(FOLDER, 'measurement-policy.schema.json'), 'utf8')).toBe(PUBLISHED);
  });

  it('is JSON Schema 2020-12 in the strictest reading, without a warning', () => {
    expect(warnings).toEqual([]);
  });

  it.each(shipped)('%s is valid by it', (name) => {
    expect(validate(dataOf(name)), JSON.stringify(validate.errors)).toBe(true);
  });
});

describe('text for people', () => {
  const skipping = (skip: string) => {
    const value = dataOf('snp-ssh-host.yaml') as { spec: { deployment: JsonValue } };
    return { ...value, spec: { ...value.spec, deployment: { skip } } };
  };
  const readers = (value: JsonValue) => [
    validate(value),
    Value.Check(PolicySchema, value),
    tryPolicy(utf8(JSON.stringify(value))).problems.length === 0,
  ];

  it.each(['für Grüße, 漢字 und 😀', 'a tilde, ~, and a no-break\u00a0space', 'עברית בלי סימנים'])(
    '%s is plain',
    (text) => {
      expect(readers(skipping(text))).toEqual([true, true, true]);
    },
  );

  it.each([
    ['a line feed', '\n'],
    ['an escape', '\u001b'],
    ['a C1 control', '\u0085'],
    ['an override of direction', '\u202e'],
    ['an isolate', '\u2066'],
    ['a mark of direction', '\u200f'],
    ['a zero width space', '\u200b'],
    ['a byte order mark', '\ufeff'],
    ['a soft hyphen', '\u00ad'],
    ['a letter of a tag, beyond the BMP', '\u{e0041}'],
    ['a line separator', '\u2028'],
    ['a paragraph separator', '\u2029'],
    ['half a surrogate pair', '\ud800'],
  ])('%s is not', (_what, character) => {
    const value = skipping(`nothing to see ${character} here`);
    expect(readers(value)).toEqual([false, false, false]);
  });

  it.each(['        ', '\u00a0'.repeat(12), ' \u3000 \u2003     '])(
    'blanks are no reason',
    (text) => {
      expect(readers(skipping(text))).toEqual([false, false, false]);
    },
  );
});

/** All places of a value, by the names and numbers that lead there. */
function placesOf(
  value: JsonValue,
  path: readonly (string | number)[] = [],
): (readonly (string | number)[])[] {
  const inner = Array.isArray(value)
    ? value.flatMap((item, i) => placesOf(item, [...path, i]))
    : typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([name, item]) =>
          placesOf(item as JsonValue, [...path, name]),
        )
      : [];
  return [path, ...inner];
}

const odd = fc.constantFrom<JsonValue>(
  ...[
    '',
    'x',
    'aa',
    '00e1',
    'require',
    'skip',
    '__proto__',
    'constructor',
    'toString',
    '2026-02-31T00:00:00Z',
    '😀'.repeat(8),
    '\ud800',
    'a'.repeat(600),
    'x\ny',
    'reads \u202edesrever',
    'soft\u00adhyphen',
  ],
  ...[0, -1, 1, 1.5, 255, 256, 2 ** 53, null, true, false],
  ...[
    [],
    {},
    [1],
    { skip: 'short' },
    { skip: 'long enough' },
    { skip: 'long enough', more: 1 },
    ['a', 'a'],
  ],
);

/** As JSON.parse has it: an own member, whatever its name. */
function withMember(object: object, name: string): JsonValue {
  const copy = { ...object };
  const member = { value: 1, enumerable: true, writable: true, configurable: true };
  return Object.defineProperty(copy, name, member) as JsonValue;
}

/** A copy with one place changed: another value, gone, twice, or with a member too many. */
function changed(
  value: JsonValue,
  path: readonly (string | number)[],
  how: number,
  other: JsonValue,
): JsonValue {
  const copy = structuredClone(value) as Record<string | number, JsonValue>;
  const last = path.at(-1);
  if (last === undefined) return other;
  let around: Record<string | number, JsonValue> = copy;
  for (const step of path.slice(0, -1)) around = around[step] as never;
  if (how === 0) around[last] = other;
  else if (how === 1) {
    if (Array.isArray(around)) around.splice(Number(last), 1);
    else delete around[last];
  } else if (how === 2 && Array.isArray(around)) around.push(around[last] ?? null);
  else if (
    typeof around[last] === 'object' &&
    around[last] !== null &&
    !Array.isArray(around[last])
  ) {
    const name = typeof other === 'string' ? other : '__proto__';
    around[last] = withMember(around[last] as object, name);
  } else around[last] = [around[last] ?? null];
  return copy;
}

describe('three readers of one schema', () => {
  it.each(shipped)('agree about %s and its neighbours', (name) => {
    const value = dataOf(name);
    const place = fc.constantFrom(...placesOf(value));
    fc.assert(
      fc.property(place, fc.nat(3), odd, (path, how, other) => {
        const one = changed(value, path, how, other);
        const typebox = Value.Check(PolicySchema, one);
        expect([validate(one), path]).toEqual([typebox, path]);
        const misfits = misfitsOf(PolicySchema, one, (schema, part) => Value.Check(schema, part));
        expect(misfits.length > 0).toBe(!typebox);
      }),
      { numRuns: 200 },
    );
  });
});

describe('two readers of one text', () => {
  /** Texts that JSON allows and YAML may read otherwise: escapes, odd spaces, names, numbers. */
  const json = fc
    .tuple(
      fc.json({ maxDepth: 4, stringUnit: 'binary' }),
      fc.constantFrom('', ' ', '\n', '\t', '\r\n'),
      fc.nat(3),
    )
    .map(([text, space, indent]) => `${space}${JSON.stringify(JSON.parse(text), null, indent)}`);

  it('never take JSON for different values', () => {
    let same = 0;
    fc.assert(
      fc.property(json, (text) => {
        const { value, problems } = readYaml(utf8(text));
        if (problems.length > 0) return;
        same++;
        expect(JSON.stringify(value)).toBe(JSON.stringify(parseJson(text, 'json').value));
      }),
      { numRuns: 2_000 },
    );
    expect(same).toBeGreaterThan(500);
  });

  it.each([
    '"\\u00e9\\ud83d\\ude00\\b\\f\\/"',
    '"\u2028\u2029\u0085\u00a0\ufeff"',
    '"# no comment: & * ! | > % @ `"',
    '"  spaces  "',
    '["yes", "null", "~", "1e3", "<<"]',
    '{"": 1, " ": 2, "<<": 3, "__proto__": 4}',
    '{"a":1,"b":[{"c":-1}]}',
    '"\u007f"',
  ])('%s', (text) => {
    const { value, problems } = readYaml(utf8(text));
    if (problems.length === 0) {
      expect(JSON.stringify(value)).toBe(JSON.stringify(parseJson(text, 'json').value));
    }
  });
});

describe('the identity of a policy', () => {
  it.each(shipped)('%s has it in YAML, in JSON, in any order and with any comment', (name) => {
    const { digest, canonical } = readPolicy(utf8(text(name)));
    const reversed = (value: JsonValue): JsonValue => {
      if (Array.isArray(value)) return value.map(reversed);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([member, item]) => [member, reversed(item as JsonValue)]),
      );
    };
    const spellings = [
      canonical,
      utf8(JSON.stringify(reversed(dataOf(name)), null, 3)),
      utf8(`# another comment\n${text(name)}\n# and one more\n`),
      utf8(text(name).replaceAll('\n', '\r\n')),
    ];
    for (const bytes of spellings) expect(readPolicy(bytes).digest).toBe(digest);
    expect(readPolicy(canonical).canonical).toEqual(canonical);
  });

  it.each(shipped)('of %s is another for each value that is another', (name) => {
    const value = dataOf(name);
    const { digest } = readPolicy(utf8(JSON.stringify(value)));
    let others = 0;
    for (const path of placesOf(value)) {
      for (const other of ['any', 'text of some length', 7]) {
        const copy = changed(value, path, 0, other);
        if (asPolicy(copy) === undefined) continue;
        const { read } = tryPolicy(utf8(JSON.stringify(copy)));
        if (read === undefined || JSON.stringify(copy) === JSON.stringify(value)) continue;
        others++;
        expect([read.digest === digest, path]).toEqual([false, path]);
      }
    }
    expect(others).toBeGreaterThan(10);
  });

  it('is another for other owners', () => {
    const value = dataOf(shipped[0] ?? '') as { metadata: { revision: number } };
    const before = readPolicy(utf8(JSON.stringify(value))).digest;
    const [one, ...others] = placesOf(value).filter((path) => path.at(-1) === 'owners');
    expect([one, others]).toEqual([['metadata', 'owners'], []]);
    const after = { ...value, metadata: { ...value.metadata, owners: ['somebody else'] } };
    expect(readPolicy(utf8(JSON.stringify(after))).digest).not.toBe(before);
  });

  it('can’t be changed behind its back', () => {
    const { policy } = readPolicy(utf8(text(shipped[0] ?? '')));
    expect(() => {
      (policy.metadata as { name: string }).name = 'other';
    }).toThrow(TypeError);
  });
});

it('reads under a policy that forbids code made from texts', () => {
  const source = `
    import { readFileSync } from 'node:fs';
    import { tryPolicy } from ${JSON.stringify(import.meta.resolve('../../../src/appraisal/policy/read-policy.ts'))};
    const { problems } = tryPolicy(readFileSync(process.argv[1]));
    process.stdout.write(JSON.stringify(problems));
  `;
  const flags = [
    '--disallow-code-generation-from-strings',
    '-C',
    'postern-src',
    '--input-type=module',
    '--eval',
    source,
  ];
  const out = execFileSync(process.execPath, [...flags, join(FOLDER, 'tdx-blackwell.yaml')]);
  expect(String(out)).toBe('[]');
  expect(tryPolicy(utf8('')).problems).toHaveLength(1);
});
