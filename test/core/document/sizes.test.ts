import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tryPolicy } from '../../../src/appraisal/policy/read-policy.ts';
import type { Policy } from '../../../src/appraisal/policy/schema/policy.ts';
import type { SnpRules } from '../../../src/appraisal/policy/schema/snp.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { oversize } from '../../../src/core/document/sizes.ts';
import type { Editable, PolicyEdit } from '../../support/policy.ts';

const FILE = join(import.meta.dirname, '../../../policies/snp-ssh-host.yaml');
const { read } = tryPolicy(new Uint8Array(readFileSync(FILE)));
const good = (read ?? expect.fail('unusable')).policy;

/** Milliseconds; others may be using the machine. */
const PATIENCE = 10_000;

function problemsOf(edit: PolicyEdit) {
  const copy = JSON.parse(JSON.stringify(good)) as Editable<Policy>;
  edit(copy);
  return tryPolicy(utf8(JSON.stringify(copy))).problems;
}

const many = (count: number) => Array.from({ length: count }, (_, i) => `n${i}`);
const members = (count: number) => Object.fromEntries(many(count).map((name) => [name, 'x']));

// The validator of the schema hashes each item and tries each name before it counts them: 4 to
// 13 seconds without a bound.
describe('more than any policy has', () => {
  it.each<readonly [string, PolicyEdit, string, string]>([
    [
      'owners',
      ({ metadata }) => {
        metadata.owners = many(300_000);
      },
      'metadata.owners',
      'want at most 4096 of them, got 300000',
    ],
    [
      'one owner again and again',
      ({ metadata }) => {
        metadata.owners = Array.from({ length: 900_000 }, () => 'o');
      },
      'metadata.owners',
      'want at most 4096 of them, got 900000',
    ],
    [
      'labels',
      ({ metadata }) => {
        metadata.labels = members(150_000);
      },
      'metadata.labels',
      'want at most 64 members, got 150000',
    ],
    [
      'unknown members',
      (policy) => void Object.assign(policy, members(150_000)),
      '',
      'want at most 64 members, got 150004',
    ],
    [
      'reference sets of nothing',
      ({ spec }) => {
        (spec.evidence.cpu as Editable<SnpRules>).referenceSets = Array.from(
          { length: 500_000 },
          () => ({}),
        ) as never;
      },
      'spec.evidence.cpu.referenceSets',
      'want at most 4096 of them, got 500000',
    ],
  ])('%s', (_what, edit, path, problem) => {
    const start = performance.now();
    expect(problemsOf(edit)).toEqual([expect.objectContaining({ path, problem })]);
    expect(performance.now() - start).toBeLessThan(PATIENCE);
  });
});

describe('as much as a policy may have', () => {
  it('of items and members', () => {
    expect(oversize({ list: many(4096), object: members(64) })).toBeUndefined();
    expect(oversize({ list: many(4097) })?.path).toBe('list');
    expect(oversize([{ object: members(65) }])?.path).toBe('[0].object');
  });

  it('of chips', () => {
    expect(
      problemsOf(({ spec }) => {
        spec.deployment = {
          chipIds: Array.from({ length: 4096 }, (_, i) => `${i}`.padStart(128, 'a')),
        };
      }),
    ).toEqual([]);
  });
});

it('half a character has no place in an assertion either', () => {
  const cel = (text: string): PolicyEdit => {
    return ({ spec }) => {
      spec.assertions = [{ id: 'HALF', cel: text, message: 'for a test', enforce: 'warn' }];
    };
  };
  expect(problemsOf(cel("cpu.type != '😀'"))).toEqual([]);
  expect(problemsOf(cel("cpu.type != '\ud83d'"))).toEqual([
    expect.objectContaining({ path: 'spec.assertions[0].cel' }),
  ]);
});
