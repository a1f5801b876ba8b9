import { describe, expect, it } from 'vitest';
import type { SnpInput } from '../../../src/evidence/snp/input.ts';
import { verifySnp } from '../../../src/evidence/snp/verifier.ts';
import { faultOf } from '../../support/fault-of.ts';
import { answerOf, answers, type SnpFields, snpEvidence } from '../../support/snp.ts';
import { goodExtensions, snpWorld, vekCertificate } from '../../support/snp-certificates.ts';
import { MACHINES } from '../../support/snp-machines.ts';

const good = await snpEvidence(await snpWorld());
const turin = await snpEvidence(await snpWorld('Turin'));

function verify(fields: SnpFields, more: Partial<SnpInput> = {}, of = good) {
  return verifySnp({ ...of.input, report: of.report(fields), ...more, anchors: of.anchors });
}

describe('a minimum TCB', () => {
  it('is met exactly', () => {
    const minimumTcb = { bootLoader: 10, tee: 0, snp: 27, microcode: 86 };
    const result = verify({}, { minimumTcb });
    expect(result.verdict).toBe('accept');
    expect(answers(result, 'pass')).toContain('snp.tcb.minimum');
  });

  it('is missed by the components that fall short, by name', () => {
    const result = verify({}, { minimumTcb: { bootLoader: 11, snp: 28, microcode: 1 } });
    expect(answers(result, 'fail')).toEqual(['snp.tcb.minimum']);
    expect(answerOf(result, 'snp.tcb.minimum')).toMatchObject({
      want: 'bootLoader at least 11, snp at least 28',
      got: 'bootLoader 10, snp 27',
    });
    expect(result.authentic).toBe(true);
  });

  it('is of the generation’s own components', () => {
    const minimumTcb = { fmc: 1, bootLoader: 2, tee: 3, snp: 4, microcode: 81 };
    expect(verify({}, { minimumTcb }, turin).verdict).toBe('accept');
    expect(answerOf(verify({}, { minimumTcb: { fmc: 1 } }), 'snp.tcb.minimum')).toMatchObject({
      want: 'fmc at least 1',
      got: 'fmc (none)',
    });
  });

  it('is held against the reported TCB, whatever runs', () => {
    const highest = new Uint8Array(8).fill(0xff);
    const others = { currentTcb: highest, launchTcb: highest, committedTcb: highest };
    const result = verify(others, { minimumTcb: { microcode: 87 } });
    expect(answers(result, 'fail')).toEqual(['snp.tcb.minimum']);
  });

  it('of nothing asks nothing', () => {
    const { verdict, checks } = verify({}, { minimumTcb: {} });
    expect(verdict).toBe('accept');
    expect(checks.map(({ id }) => id)).not.toContain('snp.tcb.minimum');
  });

  it('is open without a certificate to read the TCB by', () => {
    const { vek: _, ...rest } = good.input;
    const result = verifySnp({ ...rest, minimumTcb: { snp: 1 }, anchors: good.anchors });
    expect(answers(result, 'unresolved')).toEqual(['snp.vek.format', 'snp.tcb.minimum']);
    expect(result.verdict).toBe('indeterminate');
  });
});

const LATER = [
  ['launchTcb', 'minimumLaunchTcb', 'snp.tcb.minimum_launch', 'report.launch_tcb'],
  ['committedTcb', 'minimumCommittedTcb', 'snp.tcb.minimum_committed', 'report.committed_tcb'],
] as const;

describe.each(LATER)('a minimum of %s', (field, option, id, path) => {
  const { tcb } = MACHINES.Genoa;
  const highest = new Uint8Array(8).fill(0xff);

  it('is met exactly, and asks of no other TCB', () => {
    const lower = { currentTcb: tcb, launchTcb: tcb.with(6, 1), committedTcb: tcb.with(6, 1) };
    const result = verify({ ...lower, [field]: tcb }, { [option]: { snp: 27, microcode: 86 } });
    expect(result.verdict).toBe('accept');
    expect(answers(result, 'pass').filter((one) => one.startsWith('snp.tcb.'))).toEqual([id]);
  });

  it('is missed by one, by name, however high the others are', () => {
    const others = { currentTcb: highest, launchTcb: highest, committedTcb: highest };
    const result = verify(
      { ...others, [field]: tcb.with(6, 26) },
      { minimumTcb: { snp: 27 }, [option]: { snp: 27, microcode: 86 } },
    );
    expect(answers(result, 'fail')).toEqual([id]);
    expect(answerOf(result, id)).toMatchObject({ path, want: 'snp at least 27', got: 'snp 26' });
    expect(result).toMatchObject({ verdict: 'reject', authentic: true });
  });

  it('is read by the generation’s own layout', () => {
    const minimum = { fmc: 1, bootLoader: 2, tee: 3, snp: 4, microcode: 81 };
    expect(verify({}, { [option]: minimum }, turin).verdict).toBe('accept');
    expect(answers(verify({}, { [option]: { fmc: 0 } }), 'fail')).toEqual([id]);
  });

  it('of nothing asks nothing', () => {
    const { verdict, checks } = verify({ [field]: new Uint8Array(8) }, { [option]: {} });
    expect(verdict).toBe('accept');
    expect(checks.map((check) => check.id)).not.toContain(id);
  });

  it('is open without a certificate to read the TCB by', () => {
    const { vek: _, ...rest } = good.input;
    const result = verifySnp({ ...rest, [option]: { snp: 1 }, anchors: good.anchors });
    expect(answers(result, 'unresolved')).toEqual(['snp.vek.format', id]);
  });

  it('is the caller’s mistake where it names what there is not', () => {
    for (const minimum of [{ firmware: 1 }, { snp: 256 }, { snp: -1 }, { snp: 1.5 }]) {
      const asked = { [option]: minimum } as Partial<SnpInput>;
      expect(faultOf(() => verify({}, asked)).code).toBe('usage');
      // However little of the evidence can be read.
      const nothing = { ...asked, report: new Uint8Array() };
      expect(faultOf(() => verify({}, nothing)).code).toBe('usage');
    }
  });
});

describe('the fixes of bulletins', () => {
  // SNP 0x1b and microcode 0x56 of a Genoa B1.
  it.each([
    ['one that has all its numbers', ['AMD-SB-3019']],
    ['several', ['AMD-SB-3019', 'AMD-SB-3020']],
    ['with a bit of the platform information', ['AMD-SB-3015']],
    ['none', []],
  ])('%s: met', (_, fixes) => {
    const result = verify({}, { fixes });
    expect(result).toMatchObject({ verdict: 'accept', authentic: true });
    const asked = answers(result, 'pass').includes('snp.tcb.fixes');
    expect(asked).toBe(fixes.length > 0);
  });

  it.each([
    ['without numbers', ['AMD-SB-3011']],
    ['without numbers, beside one that is met', ['AMD-SB-3019', 'AMD-SB-3011']],
    ['that the table does not have for this line', ['AMD-SB-3005']],
    ['of another line, beside one that is met', ['AMD-SB-3019', 'AMD-SB-3005']],
    ['whose other half the host does, and no bit shows it', ['AMD-SB-3016']],
    ['that was withdrawn', ['AMD-SB-3034']],
  ])('%s: open', (_, fixes) => {
    const result = verify({}, { fixes });
    expect(answers(result, 'unresolved')).toEqual(['snp.tcb.fixes']);
    expect(result).toMatchObject({ verdict: 'indeterminate', authentic: true });
  });

  it('a bulletin that the table does not have for the line says which', () => {
    const { because } = answerOf(verify({}, { fixes: ['AMD-SB-3005'] }), 'snp.tcb.fixes');
    expect(because).toBe('whether AMD-SB-3005 concerns Genoa is not known to this table');
    const both = answerOf(verify({}, { fixes: ['AMD-SB-3011', 'AMD-SB-3005'] }), 'snp.tcb.fixes');
    expect(both.because).toContain('AMD-SB-3011');
    expect(both.because).toContain('whether AMD-SB-3005 concerns Genoa');
    const elsewhere = verify({}, { fixes: ['AMD-SB-3019'] }, turin);
    expect(answers(elsewhere, 'unresolved')).toEqual(['snp.tcb.fixes']);
  });

  it('AMD-SB-3015 needs ALIAS_CHECK_COMPLETE, whatever the TCB', () => {
    const open = verify({ platformInfo: 0x05 }, { fixes: ['AMD-SB-3015'] });
    expect(answers(open, 'unresolved')).toEqual(['snp.tcb.fixes']);
    expect(answerOf(open, 'snp.tcb.fixes').because).toContain('PLATFORM_INFO bit 5 is zero');
    expect(verify({ platformInfo: 0x20 }, { fixes: ['AMD-SB-3015'] }).verdict).toBe('accept');
  });

  it('AMD-SB-3016 needs mitigation bit 2 of what runs now', () => {
    const asked = (fields: SnpFields) => verify(fields, { fixes: ['AMD-SB-3016'] });
    expect(asked({ currentMitVector: 0b100 }).verdict).toBe('accept');
    expect(asked({ currentMitVector: 0xfb, launchMitVector: 0xff }).verdict).toBe('indeterminate');
    const without = asked({ version: 3 });
    expect(answers(without, 'unresolved')).toEqual(['snp.tcb.fixes']);
    expect(answerOf(without, 'snp.tcb.fixes').because).toContain(
      'this version of the report has no CURRENT_MIT_VECTOR',
    );
  });

  it('missed, by name and number, whatever else is open', async () => {
    const reportedTcb = MACHINES.Genoa.tcb.with(6, 0x16);
    const amd = goodExtensions('Genoa', 'vcek', reportedTcb);
    const vek = await vekCertificate(good.world, 'vcek', { amd });
    const result = verify({ reportedTcb }, { vek, fixes: ['AMD-SB-3011', 'AMD-SB-3019'] });
    expect(answers(result, 'fail')).toEqual(['snp.tcb.fixes']);
    expect(answerOf(result, 'snp.tcb.fixes')).toMatchObject({
      want: 'AMD-SB-3011, AMD-SB-3019',
      got: 'below the fix for AMD-SB-3019: snp 0x17 wanted, 0x16 seen (reported TCB)',
    });
    expect(result.authentic).toBe(true);
  });

  it('are open without a certificate to read the TCB by', () => {
    const { vek: _, ...rest } = good.input;
    const result = verifySnp({ ...rest, fixes: ['AMD-SB-3019'], anchors: good.anchors });
    expect(answers(result, 'unresolved')).toEqual(['snp.vek.format', 'snp.tcb.fixes']);
  });

  it('of a bulletin that nobody knows are the caller’s mistake', () => {
    expect(faultOf(() => verify({}, { fixes: ['AMD-SB-1'] })).code).toBe('usage');
    const { vek: _, ...rest } = good.input;
    const without = { ...rest, fixes: ['AMD-SB-1'], anchors: good.anchors };
    expect(faultOf(() => verifySnp(without)).code).toBe('usage');
  });
});
