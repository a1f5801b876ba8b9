import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import type { SnpInput, SnpRelaxation } from '../../../src/evidence/snp/input.ts';
import { verifySnp } from '../../../src/evidence/snp/verifier.ts';
import { answerOf, answers, type SnpFields, snpEvidence } from '../../support/snp.ts';
import { snpWorld } from '../../support/snp-certificates.ts';

const good = await snpEvidence(await snpWorld());

function verify(fields: SnpFields, more: Partial<SnpInput> = {}) {
  return verifySnp({ ...good.input, report: good.report(fields), ...more, anchors: good.anchors });
}

/** A relaxation that has nothing to do with the case, and one that has everything. */
const EVERYTHING: SnpRelaxation = {
  vmpls: [1, 2, 3],
  platformInfoBits: Array.from({ length: 64 }, (_, position) => position),
};

describe('the form of a report', () => {
  it.each([0, 2, 0x100, 0xffffffff])('signature algorithm %i', (signatureAlgo) => {
    const result = verify({ signatureAlgo });
    expect(answers(result, 'fail')).toEqual(['snp.report.signature_algo']);
    expect(answerOf(result, 'snp.report.signature_algo')).toMatchObject({
      want: '1',
      got: `${signatureAlgo}`,
    });
  });

  it.each([
    [2, '2 (reserved)'],
    [3, '3 (reserved)'],
    [4, '4 (reserved)'],
    [5, '5 (reserved)'],
    [6, '6 (reserved)'],
    [7, '7 (none)'],
  ])('signing key %i', (code, got) => {
    const result = verify({ keyInfo: code << 2 });
    expect(answers(result, 'fail')).toEqual(['snp.report.signing_key']);
    expect(answerOf(result, 'snp.report.signing_key')).toMatchObject({ got });
    expect(result.authentic).toBe(false);
  });

  it.each([0x4c, 0x18b, 0x1eb, 0x1ef, 0x208, 0x29f])('a reserved byte at %i, signed', (at) => {
    const report = good.report({}, (bytes) => bytes.fill(0x20, at, at + 1));
    const result = verifySnp({ ...good.input, report, anchors: good.anchors });
    expect(answers(result, 'fail')).toEqual(['snp.report.reserved']);
    expect(result.authentic).toBe(false);
  });

  it('a reserved bit of KEY_INFO', () => {
    expect(answers(verify({ keyInfo: 1 << 5 }), 'fail')).toEqual(['snp.report.reserved']);
  });

  it.each([2, 3, 4, 5])('version %i is as good as another', (version) => {
    const cpuid = version === 2 ? { cpuid: new Uint8Array(3) } : {};
    const vectors = version < 4 ? {} : { launchMitVector: 0xb, currentMitVector: 0x3f };
    expect(verify({ version, ...cpuid, ...vectors }).verdict).toBe('accept');
  });
});

describe('the guest policy', () => {
  const POLICY = 0x30000n;

  it('allows what the baseline has no word against', () => {
    const allowed = [16, 20, 21, 22, 23, 24, 25].reduce(
      (sum, bit) => sum | (1n << BigInt(bit)),
      0n,
    );
    expect(verify({ policy: POLICY | allowed | 0xffffn }).verdict).toBe('accept');
  });

  it.each([
    ['DEBUG', 19, 'snp.policy.debug'],
    ['MIGRATE_MA', 18, 'snp.policy.migrate_ma'],
    ['bit 26', 26, 'snp.policy.reserved'],
    ['bit 63', 63, 'snp.policy.reserved'],
  ])('%s is refused, and nothing can allow it', (_, bit, id) => {
    for (const relax of [{}, EVERYTHING]) {
      const result = verify({ policy: POLICY | (1n << BigInt(bit)) }, { relax });
      expect(answers(result, 'fail')).toEqual([id]);
      // The vendor's hardware said so all the same.
      expect(result).toMatchObject({ verdict: 'reject', authentic: true });
    }
  });

  it('needs its bit 17', () => {
    const result = verify({ policy: 0x10000 });
    expect(answers(result, 'fail')).toEqual(['snp.policy.reserved']);
    expect(answerOf(result, 'snp.policy.reserved')).toMatchObject({
      want: 'bit 17 set, as every guest policy has it',
      got: '0x10000',
    });
  });

  it('names every unknown bit', () => {
    const policy = POLICY | (1n << 26n) | (1n << 40n);
    expect(answerOf(verify({ policy }), 'snp.policy.reserved')).toMatchObject({
      want: 'known bits only',
      got: `0x${policy.toString(16)}: unknown bit 26, 40`,
    });
  });

  it('that is wrong in every way says so three times', () => {
    expect(answers(verify({ policy: (1n << 64n) - 1n }), 'fail')).toEqual([
      'snp.policy.reserved',
      'snp.policy.debug',
      'snp.policy.migrate_ma',
    ]);
  });
});

describe('the platform information', () => {
  it.each([0n, 0xffn, 0x65n])('of known bits only: %i', (platformInfo) => {
    expect(verify({ platformInfo }).verdict).toBe('accept');
  });

  it.each([8, 9, 31, 32, 63])('bit %i is refused', (bit) => {
    const result = verify({ platformInfo: 0x25n | (1n << BigInt(bit)) });
    expect(answers(result, 'fail')).toEqual(['snp.platform_info.reserved']);
    expect(result).toMatchObject({ verdict: 'reject', authentic: true });
  });

  it('an unknown bit may be allowed, and that is said', () => {
    const relax = { platformInfoBits: [9, 8] };
    const result = verify({ platformInfo: 0x125 }, { relax });
    expect(result).toMatchObject({ verdict: 'accept', authentic: true });
    expect(answers(result, 'skipped')).toEqual(['snp.platform_info.reserved']);
    expect(answerOf(result, 'snp.platform_info.reserved').because).toBe(
      'relaxed by the caller: unknown bit 8 of 0x125 is allowed',
    );
  });

  it('what was allowed and is not there is no exception', () => {
    const result = verify({}, { relax: EVERYTHING });
    expect([result.verdict, answers(result, 'skipped')]).toEqual(['accept', []]);
  });

  it('to allow one bit is not to allow another', () => {
    const result = verify({ platformInfo: 0x325 }, { relax: { platformInfoBits: [8] } });
    expect(answerOf(result, 'snp.platform_info.reserved')).toMatchObject({
      outcome: 'fail',
      got: '0x325: unknown bit 9',
    });
  });
});

describe('the VMPL', () => {
  it.each([1, 2, 3] as const)('%i is refused, unless it was allowed', (vmpl) => {
    const refused = verify({ vmpl });
    expect(answers(refused, 'fail')).toEqual(['snp.report.vmpl']);
    expect(answerOf(refused, 'snp.report.vmpl')).toMatchObject({ got: `VMPL ${vmpl}` });
    const others = ([1, 2, 3] as const).filter((other) => other !== vmpl);
    expect(verify({ vmpl }, { relax: { vmpls: others } }).verdict).toBe('reject');
    const allowed = verify({ vmpl }, { relax: { vmpls: [vmpl] } });
    expect(allowed).toMatchObject({ verdict: 'accept', authentic: true });
    expect(answers(allowed, 'skipped')).toEqual(['snp.report.vmpl']);
    expect(answerOf(allowed, 'snp.report.vmpl').because).toContain(`VMPL ${vmpl} is allowed`);
  });

  it('0 is no exception where others are allowed', () => {
    expect(answers(verify({}, { relax: { vmpls: [1] } }), 'skipped')).toEqual([]);
  });

  it.each([4, 0x100, 0xfffffffe])('%i is none', (vmpl) => {
    expect(answers(verify({ vmpl }, { relax: EVERYTHING }), 'fail')).toEqual(['snp.report.vmpl']);
  });

  it('of a report that the host asked for can’t be allowed', () => {
    const vmpls = [1, 2, 3, 0xffffffff] as unknown as SnpRelaxation['vmpls'] & {};
    for (const relax of [{}, EVERYTHING, { vmpls }]) {
      const result = verify({ vmpl: 0xffffffff }, { relax });
      expect(answerOf(result, 'snp.report.vmpl')).toMatchObject({
        outcome: 'fail',
        got: 'one that the host asked for',
      });
      expect(result.claims['hostRequested']).toBe(true);
    }
  });
});

describe('report data that was asked for', () => {
  const reportData = Uint8Array.from({ length: 64 }, (_, i) => i + 1);
  const short = reportData.subarray(0, 48);
  const padded = concatBytes(short, new Uint8Array(16));

  it('is compared whole', () => {
    expect(verify({}, { reportData }).verdict).toBe('accept');
    for (let at = 0; at < 64; at++) {
      const other = reportData.with(at, 0xee);
      expect(answers(verify({}, { reportData: other }), 'fail')).toEqual(['snp.report_data']);
    }
  });

  it('that is short has zeros behind it', () => {
    expect(verify({ reportData: padded }, { reportData: short }).verdict).toBe('accept');
    expect(verify({ reportData: padded }, { reportData: padded }).verdict).toBe('accept');
    expect(answers(verify({}, { reportData: short }), 'fail')).toEqual(['snp.report_data']);
  });

  it('that is too long is none', () => {
    const long = concatBytes(reportData, Uint8Array.of(0));
    expect(answers(verify({}, { reportData: long }), 'fail')).toEqual(['snp.report_data']);
  });

  it('of no bytes is all zeros', () => {
    const nothing = { reportData: new Uint8Array() };
    expect(verify({ reportData: new Uint8Array(64) }, nothing).verdict).toBe('accept');
    expect(verify({}, nothing).verdict).toBe('reject');
  });

  it('that is wrong leaves the evidence authentic', () => {
    expect(verify({}, { reportData: new Uint8Array(64) }).authentic).toBe(true);
  });
});
