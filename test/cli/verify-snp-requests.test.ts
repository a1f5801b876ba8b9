import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/core/bytes/hex.ts';
import { simulateSnp } from '../../src/simulator/snp/simulate.ts';
import { postern } from './fake-io.ts';
import {
  checkOf,
  filesOfCase,
  honestSnp,
  snpFiles,
  snpFilesOf,
  usageOf,
  VERIFY_SNP,
  verifiedSnp,
  without,
} from './snp-files.ts';

describe('--report-data', () => {
  const hex = toHex(honestSnp.plan.report.reportData);

  it('of 64 bytes, either case, is a check of its own', async () => {
    for (const given of [hex, hex.toUpperCase()]) {
      const answer = await verifiedSnp(['--report-data', given]);
      expect(answer.verdict).toBe('accept');
      expect(checkOf(answer, 'snp.report_data')).toEqual({
        id: 'snp.report_data',
        outcome: 'pass',
        path: 'report.report_data',
      });
    }
  });

  it('of fewer bytes wants zeros behind them', async () => {
    const short = await simulateSnp({ fault: 'report_data_short' });
    const given = toHex(short.plan.report.reportData.subarray(0, 48));
    expect(await verifiedSnp(['--report-data', given], snpFilesOf(short))).toMatchObject({
      exit: 0,
    });
    expect(await verifiedSnp(['--report-data', hex.slice(0, 96)])).toMatchObject({
      exit: 1,
      failed: ['snp.report_data'],
    });
  });

  it('of somebody else is rejected, authentic all the same', async () => {
    expect(await verifiedSnp(['--report-data', 'ab'.repeat(64)])).toMatchObject({
      exit: 1,
      authentic: true,
      failed: ['snp.report_data'],
    });
  });

  it.each([
    ['nothing', ''],
    ['half a byte', 'a'],
    ['65 bytes', `${hex}00`],
    ['what is no hex', 'zz'],
    ['a prefix', `0x${hex}`],
  ])('refuses %s', async (_, given) => {
    const err = await usageOf(`--report-data=${given}`);
    expect(err).toBe('postern: --report-data: want 1 to 64 bytes of hex\n');
  });
});

describe('--min-tcb', () => {
  it.each([
    ['bootLoader=10,tee=0,snp=27,microcode=86', 'accept', []],
    ['snp=0', 'accept', []],
    ['microcode=086', 'accept', []],
    ['snp=28', 'reject', ['snp.tcb.minimum']],
    ['snp=1,microcode=255', 'reject', ['snp.tcb.minimum']],
    ['fmc=0', 'reject', ['snp.tcb.minimum']],
  ])('%s: %s', async (minimum, verdict, failed) => {
    const answer = await verifiedSnp(['--min-tcb', minimum]);
    expect(answer).toMatchObject({ verdict, failed, authentic: true });
  });

  it('says which components are below, and those only', async () => {
    const answer = await verifiedSnp(['--min-tcb', 'bootLoader=1,snp=28,fmc=1']);
    expect(checkOf(answer, 'snp.tcb.minimum')).toMatchObject({
      want: 'fmc at least 1, snp at least 28',
      got: 'fmc (none), snp 27',
    });
  });

  it('without a certificate: open', async () => {
    const answer = await verifiedSnp(['--min-tcb', 'snp=28'], {}, without('--vek'));
    expect(answer).toMatchObject({ exit: 2, failed: [] });
    expect(answer.unresolved).toContain('snp.tcb.minimum');
  });

  const wants =
    'want <component>=<0 to 255 or 0x00 to 0xff>, of fmc, bootLoader, tee, snp, microcode; got';
  it.each([
    ['', `${wants} ""`],
    ['snp', `${wants} "snp"`],
    ['snp=', `${wants} "snp="`],
    ['=1', `${wants} "=1"`],
    ['SNP=1', `${wants} "SNP=1"`],
    ['blSPL=1', `${wants} "blSPL=1"`],
    ['constructor=1', `${wants} "constructor=1"`],
    ['snp=1,', `${wants} ""`],
    ['snp=1, tee=0', `${wants} " tee=0"`],
    ['snp=1=1', `${wants} "snp=1=1"`],
    ['snp=0x170', `${wants} "snp=0x170"`],
    ['snp=1.5', `${wants} "snp=1.5"`],
    ['snp=-1', `${wants} "snp=-1"`],
    ['snp=1000', `${wants} "snp=1000"`],
    ['snp=256', 'snp is at most 255, got 256'],
    ['snp=1,snp=1', 'snp twice'],
  ])('refuses %j', async (given, says) => {
    expect(await usageOf(`--min-tcb=${given}`)).toBe(`postern: --min-tcb: ${says}\n`);
  });
});

describe('--require-fix', () => {
  it('that the TCB has', async () => {
    const answer = await verifiedSnp(['--require-fix', 'AMD-SB-3019']);
    expect(answer).toMatchObject({ exit: 0 });
    expect(checkOf(answer, 'snp.tcb.fixes')?.outcome).toBe('pass');
  });

  it('that the TCB lacks: rejected, with wanted and seen', async () => {
    const files = await filesOfCase('tcb_lacks_a_fix');
    const answer = await verifiedSnp(['--require-fix', 'AMD-SB-3019'], files);
    expect(answer).toMatchObject({ exit: 1, authentic: true, failed: ['snp.tcb.fixes'] });
    expect(checkOf(answer, 'snp.tcb.fixes')).toMatchObject({
      want: 'AMD-SB-3019',
      got: 'below the fix for AMD-SB-3019: snp 0x17 wanted, 0x16 seen (reported TCB)',
    });
  });

  it.each([
    ['that AMD withdrew', 'AMD-SB-3034', 'AMD withdrew the minimum TCB of AMD-SB-3034'],
    ['that has no number', 'AMD-SB-3007', 'undecided for AMD-SB-3007'],
  ])('%s: open', async (_, bulletin, says) => {
    const answer = await verifiedSnp(['--require-fix', bulletin]);
    expect(answer).toMatchObject({ exit: 2, authentic: true, unresolved: ['snp.tcb.fixes'] });
    expect(checkOf(answer, 'snp.tcb.fixes')).toMatchObject({
      because: expect.stringContaining(says),
    });
  });

  it('one of several is enough', async () => {
    const both = ['--require-fix', 'AMD-SB-3019', '--require-fix', 'AMD-SB-3034'];
    expect(await verifiedSnp(both)).toMatchObject({ exit: 2 });
  });

  it.each(['AMD-SB-9999', 'amd-sb-3019', '3019', '', 'constructor'])('refuses %j', async (id) => {
    const err = await usageOf(`--require-fix=${id}`);
    expect(err).toMatch(
      new RegExp(
        `^postern: --require-fix: no bulletin "${id}" in the table of .+; snp floors lists it\n$`,
      ),
    );
  });
});

describe('relaxations', () => {
  it.each([
    ['vmpl_1', ['--allow-vmpl', '1'], 'snp.report.vmpl', 'VMPL 1 is allowed'],
    ['vmpl_3', ['--allow-vmpl', '1', '--allow-vmpl', '3'], 'snp.report.vmpl', 'VMPL 3 is allowed'],
    [
      'platform_bit8',
      ['--allow-platform-bit', '8'],
      'snp.platform_info.reserved',
      'unknown bit 8 of 0x125 is allowed',
    ],
  ] as const)('%s: accepted with %j, and the answer says so', async (fault, options, id, says) => {
    const files = await filesOfCase(fault);
    expect(await verifiedSnp([], files)).toMatchObject({ exit: 1, failed: [id] });
    const answer = await verifiedSnp(options, files);
    expect(answer).toMatchObject({ exit: 0, authentic: true, skipped: [id] });
    const { out } = await postern([...VERIFY_SNP, ...options], { ...snpFiles, ...files });
    const line = out.split('\n').find((one) => one.startsWith('– '));
    expect(line).toContain(`${id} `);
    expect(line).toContain(`relaxed by the caller: ${says}`);
  });

  it.each([
    ['vmpl_1', ['--allow-vmpl', '2']],
    ['vmpl_4', ['--allow-vmpl', '1', '--allow-vmpl', '2', '--allow-vmpl', '3']],
    ['vmpl_host', ['--allow-vmpl', '1', '--allow-vmpl', '2', '--allow-vmpl', '3']],
    ['platform_bit8', ['--allow-platform-bit', '9']],
    ['policy_debug', ['--allow-vmpl', '1', '--allow-platform-bit', '19']],
  ] as const)('%s: not with %j', async (fault, options) => {
    expect(await verifiedSnp(options, await filesOfCase(fault))).toMatchObject({
      exit: 1,
      authentic: true,
      skipped: [],
    });
  });

  it('that nothing needs change nothing', async () => {
    const options = ['--allow-vmpl', '1', '--allow-platform-bit', '8'];
    expect(await verifiedSnp(options)).toEqual(await verifiedSnp());
  });

  it.each(['0', '4', '01', '', 'x', '1,2'])('--allow-vmpl refuses %j', async (vmpl) => {
    const err = await usageOf(`--allow-vmpl=${vmpl}`);
    expect(err).toBe(`postern: --allow-vmpl: want 1, 2 or 3, got ${JSON.stringify(vmpl)}\n`);
  });

  it.each(['64', '-1', '', 'x', '1.5', '100'])('--allow-platform-bit refuses %j', async (bit) => {
    const err = await usageOf(`--allow-platform-bit=${bit}`);
    expect(err).toBe(`postern: --allow-platform-bit: want 0 to 63, got ${JSON.stringify(bit)}\n`);
  });
});
