import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { POLICY_CHECKS } from '../../src/appraisal/appraise/checks.ts';
import { type Known, knownFacts } from '../../src/appraisal/policy/cel/known-facts.ts';
import { CHAIN_CHECKS, SIGNED_POLICY_CHECKS } from '../../src/appraisal/policy/signing/checks.ts';
import { EAR_CHECKS } from '../../src/appraisal/result/checks.ts';

const FOLDER = join(import.meta.dirname, '../../policies');
const README = readFileSync(join(FOLDER, 'README.md'), 'utf8');
const CODES = { ...POLICY_CHECKS, ...SIGNED_POLICY_CHECKS, ...CHAIN_CHECKS, ...EAR_CHECKS };

describe('the page about policies', () => {
  it.each(Object.entries(CODES))('documents %s', (id, { asks }) => {
    expect(README).toContain(`| \`${id}\` | ${asks} |`);
  });

  it('documents no code that is gone', () => {
    const documented = [...README.matchAll(/^\| `((?:policy|ear)\.[a-z0-9_.]+)` \|/gm)].map(
      ([, id]) => id,
    );
    expect(documented.toSorted()).toEqual(Object.keys(CODES).toSorted());
  });

  it.each(['intel-tdx', 'amd-sev-snp'] as const)('names every fact of %s', (kind) => {
    const [, section = ''] = README.split('\n## Assertions\n');
    const named = new Set([...section.matchAll(/`(\w+)`/g)].map(([, name]) => name));
    const { cpu, gpu, nvswitch, binding, now } = knownFacts(kind);
    expect(now).toBe('value');
    const membersOf = (known: Known): readonly string[] => {
      if (known === 'value') return [];
      return 'items' in known ? membersOf(known.items) : Object.keys(known.members);
    };
    const missing = [cpu, gpu, nvswitch, binding].flatMap(membersOf).filter(
      // `rtmr0` to `rtmr3`
      (name) => !named.has(name) && !/^rtmr[12]$/.test(name),
    );
    expect(missing).toEqual([]);
  });

  it.each(readdirSync(FOLDER).filter((name) => name.endsWith('.yaml')))('tells of %s', (name) => {
    expect(README).toContain(`| \`${name}\` |`);
  });
});
