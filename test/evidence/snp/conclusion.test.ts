import { describe, expect, it } from 'vitest';
import { CheckList } from '../../../src/evidence/check-list.ts';
import {
  SNP_AUTHENTIC,
  SNP_BASELINE,
  SNP_CHECKS,
  type SnpCheckId,
} from '../../../src/evidence/snp/checks.ts';
import { conclusion, REVOCATION } from '../../../src/evidence/snp/conclusion.ts';
import type { Check } from '../../../src/evidence/verdict.ts';

type Answers = Partial<Record<SnpCheckId, Exclude<Check['outcome'], 'pass'> | 'unasked'>>;

const ALL = Object.keys(SNP_CHECKS) as SnpCheckId[];
const NOBODY: ReadonlySet<SnpCheckId> = new Set();
const AUTHENTIC_BASELINE = [...SNP_BASELINE.intersection(SNP_AUTHENTIC)];
const ON_REQUEST = ALL.filter((id) => !SNP_BASELINE.has(id) && !SNP_AUTHENTIC.has(id));
const ACCEPTABLE_BASELINE = [...SNP_BASELINE.difference(SNP_AUTHENTIC)];

/** Every id of these passes, but for those with another answer. */
function answered(ids: Iterable<SnpCheckId>, but: Answers = {}): readonly Check[] {
  const checks = new CheckList(SNP_CHECKS);
  for (const id of new Set([...ids, ...(Object.keys(but) as SnpCheckId[])])) {
    const answer = but[id];
    if (answer === undefined) checks.pass(id);
    else if (answer === 'fail') checks.fail(id, { want: 'this', got: 'that' });
    else if (answer !== 'unasked') checks[answer](id, 'so it is');
  }
  return checks.all;
}

it('a baseline of passes is accepted, its revocation unchecked', () => {
  const checks = answered(SNP_BASELINE);
  expect(conclusion(checks, NOBODY)).toEqual({
    verdict: 'accept',
    authentic: true,
    revocation: 'unchecked',
    checks,
  });
});

it('nothing asked accepts nothing', () => {
  const result = conclusion([], NOBODY);
  expect(result).toMatchObject({ verdict: 'indeterminate', authentic: false });
  expect(conclusion([], NOBODY, NOBODY)).toMatchObject({
    verdict: 'indeterminate',
    authentic: false,
  });
});

it('only that the caller or a rule waived everything accepts nothing either', () => {
  const waived: Answers = Object.fromEntries([...SNP_BASELINE].map((id) => [id, 'skipped']));
  expect(conclusion(answered([], waived), NOBODY)).toMatchObject({
    verdict: 'indeterminate',
    authentic: false,
  });
});

describe.each(AUTHENTIC_BASELINE)('%s', (id) => {
  it.each(['unresolved', 'unasked'] as const)('%s: neither accepted nor authentic', (answer) => {
    expect(conclusion(answered(SNP_BASELINE, { [id]: answer }), NOBODY)).toMatchObject({
      verdict: 'indeterminate',
      authentic: false,
    });
  });

  it('failed: rejected, and not authentic', () => {
    expect(conclusion(answered(SNP_BASELINE, { [id]: 'fail' }), NOBODY)).toMatchObject({
      verdict: 'reject',
      authentic: false,
    });
  });

  it('skipped: required no more', () => {
    expect(conclusion(answered(SNP_BASELINE, { [id]: 'skipped' }), NOBODY)).toMatchObject({
      verdict: 'accept',
      authentic: true,
    });
  });
});

describe.each(ACCEPTABLE_BASELINE)('%s', (id) => {
  it.each([
    ['fail', 'reject'],
    ['unresolved', 'indeterminate'],
    ['unasked', 'indeterminate'],
    ['skipped', 'accept'],
  ] as const)('%s: %s, and authentic all the same', (answer, verdict) => {
    const checks = answered(SNP_BASELINE, { [id]: answer });
    expect(conclusion(checks, NOBODY)).toMatchObject({ verdict, authentic: true });
  });
});

describe.each(ALL.filter((id) => !SNP_BASELINE.has(id)))('%s', (id) => {
  it('is required once it was asked for', () => {
    const checks = answered(SNP_BASELINE);
    expect(conclusion(checks, new Set([id])).verdict).toBe('indeterminate');
    expect(conclusion(answered([...SNP_BASELINE, id]), new Set([id])).verdict).toBe('accept');
  });

  it('rejects where it failed, asked for or not', () => {
    expect(conclusion(answered(SNP_BASELINE, { [id]: 'fail' }), NOBODY).verdict).toBe('reject');
  });
});

describe('revocation', () => {
  const withCrl = [...SNP_BASELINE, ...REVOCATION];

  it('that was asked for is required whole', () => {
    expect(conclusion(answered(withCrl), REVOCATION)).toMatchObject({
      verdict: 'accept',
      authentic: true,
      revocation: 'checked',
    });
    for (const id of REVOCATION) {
      const result = conclusion(answered(withCrl, { [id]: 'unasked' }), REVOCATION);
      expect(result).toMatchObject({ verdict: 'indeterminate', authentic: false });
    }
  });

  it.each<[Answers, 'checked' | 'unchecked']>([
    [{ 'snp.vek.revocation': 'fail' }, 'checked'],
    [{ 'snp.vek.revocation': 'unresolved' }, 'unchecked'],
    [{ 'snp.vek.revocation': 'skipped' }, 'unchecked'],
    [{ 'snp.vek.revocation': 'unasked' }, 'unchecked'],
    [{ 'snp.crl.validity': 'unresolved' }, 'unchecked'],
    [{ 'snp.crl.signature': 'fail' }, 'unchecked'],
    [{ 'snp.crl.signature': 'unasked' }, 'unchecked'],
  ])('with %o is %s', (but, revocation) => {
    expect(conclusion(answered(withCrl, but), NOBODY).revocation).toBe(revocation);
  });
});

describe('what was not asked about', () => {
  const only = (id: SnpCheckId, answer: Answers[SnpCheckId]) =>
    conclusion(answered(SNP_BASELINE, { [id]: answer }), NOBODY);

  it.each([...REVOCATION])('%s, failed: neither accepted nor authentic', (id) => {
    expect(only(id, 'fail')).toMatchObject({ verdict: 'reject', authentic: false });
  });

  it.each(ON_REQUEST)('%s, failed: not accepted, and authentic all the same', (id) => {
    expect(only(id, 'fail')).toMatchObject({ verdict: 'reject', authentic: true });
  });
});

describe('the table of checks', () => {
  it('has of each question what it is part of', () => {
    expect(ON_REQUEST).toEqual([
      'snp.report_data',
      'snp.tcb.minimum',
      'snp.tcb.minimum_launch',
      'snp.tcb.minimum_committed',
      'snp.tcb.fixes',
    ]);
    expect(ALL.filter((id) => !SNP_BASELINE.has(id) && SNP_AUTHENTIC.has(id))).toEqual([
      'snp.certificate_table.format',
      'snp.crl.format',
      'snp.crl.signature',
      'snp.crl.validity',
      'snp.vek.revocation',
    ]);
    expect(ACCEPTABLE_BASELINE).toEqual([
      'snp.policy.reserved',
      'snp.policy.debug',
      'snp.policy.migrate_ma',
      'snp.platform_info.reserved',
      'snp.report.vmpl',
    ]);
  });
});
