import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readPolicy, tryPolicy } from '../../../src/appraisal/policy/read-policy.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { problemLine } from '../../../src/core/document/problem.ts';
import { LARGEST_DOCUMENT } from '../../../src/core/document/yaml-text.ts';
import { faultOf } from '../../support/fault-of.ts';

const yaml = readFileSync(
  new URL('../../../policies/snp-validator-services.yaml', import.meta.url),
  'utf8',
);
const whole = readPolicy(utf8(yaml));
const json = JSON.stringify(whole.policy, null, 1);
const changed = (text: string, from: string, to: string) => {
  expect(text.split(from)).toHaveLength(2);
  return text.replace(from, to);
};

describe('a policy that is wrong says so', () => {
  it.each<readonly [string, string, readonly object[]]>([
    ['an empty file', '', [{ path: '', problem: 'the file is empty' }]],
    ['nothing', 'null', [{ path: '', problem: 'the file is empty', line: 1, column: 1 }]],
    ['only a comment', '# soon\n', [{ path: '', problem: 'the file is empty' }]],
    [
      'no policy, in JSON',
      '{}',
      [
        {
          path: 'apiVersion',
          problem: 'is missing: want postern/v1',
          line: 1,
          column: 1,
        },
        { path: 'kind', problem: 'is missing: want MeasurementPolicy', line: 1, column: 1 },
        {
          path: 'metadata',
          problem:
            'is missing: want an object with name, revision, previous, lifecycle, owners, description, labels',
          line: 1,
          column: 1,
        },
        {
          path: 'spec',
          problem:
            'is missing: want an object with role, evidence, composite, bindings, workload, deployment, logHygiene, freshness, assertions',
          line: 1,
          column: 1,
        },
      ],
    ],
    [
      'a value of YAML’s',
      changed(yaml, 'nonceTtl: 60s', 'nonceTtl: 60x'),
      [
        {
          path: 'spec.freshness.nonceTtl',
          problem: 'want a duration up to 3650d, e.g. 90s, 15m, 24h or 7d, got "60x"',
          line: 1 + yaml.slice(0, yaml.indexOf('nonceTtl')).split('\n').length - 1,
          column:
            yaml
              .split('\n')
              .find((line) => line.includes('nonceTtl'))
              ?.indexOf('60s') ?? -9,
        },
      ].map((problem) => ({ ...problem, column: problem.column + 1 })),
    ],
    [
      'a value of JSON’s, with its line too',
      changed(json, '"nonceTtl": "60s"', '"nonceTtl": "60x"'),
      [
        {
          path: 'spec.freshness.nonceTtl',
          problem: 'want a duration up to 3650d, e.g. 90s, 15m, 24h or 7d, got "60x"',
          line: json.slice(0, json.indexOf('nonceTtl')).split('\n').length,
          column: '   "nonceTtl": '.length + 1,
        },
      ],
    ],
    [
      'parts that do not fit each other',
      changed(json, '"reattestEvery": "15m"', '"reattestEvery": "31m"'),
      [
        {
          path: 'spec.freshness.reattestEvery',
          problem:
            '31m is longer than a result lives (resultTtl 30m and grace): each machine would drop out',
          line: json.slice(0, json.indexOf('reattestEvery')).split('\n').length,
          column: '   "reattestEvery": '.length + 1,
        },
      ],
    ],
    [
      'something too large, before all else',
      JSON.stringify({ odd: Array(4097).fill(0) }),
      [{ path: 'odd', problem: 'want at most 4096 of them, got 4097', line: 1, column: 2 }],
    ],
  ])('%s', (_what, text, problems) => {
    expect(tryPolicy(utf8(text))).toEqual({ read: undefined, problems });
  });

  it('in what YAML has braces for, and JSON has not', () => {
    expect(tryPolicy(utf8('{apiVersion: postern/v2}')).problems[0]).toMatchObject({
      path: 'kind',
      line: 1,
    });
    expect(tryPolicy(utf8('{"a": 1, "a": 2}')).problems).toHaveLength(1);
    expect(tryPolicy(Uint8Array.of(0x7b, 0xff)).problems).toHaveLength(1);
  });

  it('by its size alone, whatever it is', () => {
    const room = LARGEST_DOCUMENT - utf8(json).length;
    expect(tryPolicy(utf8(`${json}${' '.repeat(room)}`)).read?.digest).toBe(whole.digest);
    expect(tryPolicy(utf8(`${json}${' '.repeat(room + 1)}`))).toEqual({
      read: undefined,
      problems: [
        {
          path: '',
          problem: `want at most ${LARGEST_DOCUMENT} bytes, got ${LARGEST_DOCUMENT + 1}`,
        },
      ],
    });
  });
});

describe('for those who need one that is right', () => {
  it.each([
    [
      'the one problem, at its place',
      changed(json, '"kind": "M', '"kind": "m'),
      'p:3:10 kind: want',
    ],
    [
      'the first of several',
      '{}',
      'p:1:1 apiVersion: is missing: want postern/v1 (and 3 more: pos',
    ],
    ['an empty file', '', 'p: the file is empty'],
  ])('a fault has %s', (_what, text, detail) => {
    const fault = faultOf(() => readPolicy(utf8(text), 'p'));
    expect([fault.code, fault.at]).toEqual(['malformed', 'policy']);
    expect(fault.detail.slice(0, detail.length)).toBe(detail);
    expect(fault.detail.includes('more: postern policy lint')).toBe(text === '{}');
  });

  it('all of it is there, and nothing of it can be changed', () => {
    const read = readPolicy(utf8(json));
    expect(read).toEqual(whole);
    const parts = (value: unknown): readonly object[] =>
      typeof value === 'object' && value !== null
        ? [value, ...Object.values(value).flatMap(parts)]
        : [];
    expect(parts(read.policy).length).toBeGreaterThan(30);
    expect(parts(read.policy).filter((part) => !Object.isFrozen(part))).toEqual([]);
  });
});

it.each([
  [{ path: '', problem: 'is empty' }, 'f: is empty'],
  [{ path: 'a.b', problem: 'is wrong' }, 'f a.b: is wrong'],
  [{ path: 'a.b', problem: 'is wrong', line: 3, column: 4 }, 'f:3:4 a.b: is wrong'],
  [{ path: '', problem: 'is wrong', line: 3, column: 4 }, 'f:3:4 is wrong'],
])('%j is for people %s', (problem, line) => {
  expect(problemLine('f', problem)).toBe(line);
});
