import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { TAG } from '../../../src/core/encoding/der.ts';
import type { SnpInput } from '../../../src/evidence/snp/input.ts';
import { verifySnp } from '../../../src/evidence/snp/verifier.ts';
import { tlv } from '../../support/forge.ts';
import { answerOf, answers, type SnpFields, snpEvidence } from '../../support/snp.ts';
import {
  goodExtensions,
  ia5,
  snpWorld,
  spl,
  type VekWishes,
  vekCertificate,
} from '../../support/snp-certificates.ts';
import { type LineName, MACHINES } from '../../support/snp-machines.ts';

const LINES = Object.keys(MACHINES) as LineName[];
const evidence = {
  Milan: await snpEvidence(await snpWorld('Milan')),
  Genoa: await snpEvidence(await snpWorld('Genoa')),
  Turin: await snpEvidence(await snpWorld('Turin')),
};
const { Genoa: good } = evidence;
const cloud = await snpEvidence(good.world, 'vlek');

function verify(of: typeof good, change: Partial<SnpInput>) {
  return verifySnp({ ...of.input, ...change, anchors: of.anchors });
}

/** The answers to a report of the same machine with other fields. */
const reported = (of: typeof good, fields: SnpFields) => verify(of, { report: of.report(fields) });

/** The answers to another certificate for the good report. */
async function certified(of: typeof good, wishes: VekWishes, kind: 'vcek' | 'vlek' = 'vcek') {
  return verify(of, { vek: await vekCertificate(of.world, kind, wishes) });
}

describe('the kind of a VEK', () => {
  const asVlek = { keyInfo: 4 };

  it.each<[string, VekWishes]>([
    ['another common name', { subject: [{ CN: ['SEV-VLEK'] }] }],
    ['no common name', { subject: [{ O: ['Advanced Micro Devices'] }] }],
    ['a CSP_ID', { amd: { cspID: ia5('CN=cloud.example') } }],
  ])('a VCEK with %s', async (_, wishes) => {
    expect(answers(await certified(good, wishes), 'fail')).toEqual(['snp.vek.kind']);
  });

  it.each<[string, VekWishes]>([
    ['another common name', { subject: [{ CN: ['SEV-VCEK'] }] }],
    ['a hwID', { amd: { hwID: MACHINES.Genoa.chipId } }],
  ])('a VLEK with %s', async (_, wishes) => {
    expect(answers(await certified(cloud, wishes, 'vlek'), 'fail')).toEqual(['snp.vek.kind']);
  });

  it('what it must carry is asked of its extensions', async () => {
    const noChip = await certified(good, { amd: { hwID: undefined } });
    expect(answers(noChip, 'fail')).toEqual(['snp.vek.extensions']);
    const inPlace = await certified(good, { amd: { hwID: undefined, cspID: ia5('CN=x') } });
    expect(answers(inPlace, 'fail')).toEqual(['snp.vek.extensions']);
    const nobodys = await certified(cloud, { amd: { cspID: undefined } }, 'vlek');
    expect(answers(nobodys, 'fail')).toEqual(['snp.vek.extensions']);
  });

  it('a VCEK for a report that names a VLEK', () => {
    const result = reported(good, asVlek);
    expect(answers(result, 'fail')).toEqual(['snp.vek.kind']);
    expect(answerOf(result, 'snp.vek.kind')).toMatchObject({
      want: 'CN=SEV-VLEK of an ASVK, with no hwID and a CSP_ID',
      got: 'CN=SEV-VCEK of an ASK, with a hwID and no CSP_ID',
    });
    // The report’s word counts: it says that no chip is named.
    expect(answers(result, 'skipped')).toEqual(['snp.vek.hwid']);
  });

  it('a VLEK for a report that names a VCEK', () => {
    expect(answers(reported(cloud, { keyInfo: 0 }), 'fail')).toEqual(['snp.vek.kind']);
  });

  it('a VLEK that an ASK signed', async () => {
    const vek = await vekCertificate(good.world, 'vlek', { issuer: good.world.ask });
    const result = verify(cloud, { vek, chain: [good.ask] });
    expect(answers(result, 'fail')).toEqual(['snp.vek.kind']);
  });

  it('is not asked of a report that names neither', () => {
    const result = reported(good, { keyInfo: 7 << 2 });
    expect(answers(result, 'fail')).toEqual(['snp.report.signing_key']);
    expect(result.checks.map(({ id }) => id)).not.toContain('snp.vek.kind');
  });
});

describe.each(LINES)('the chip of a %s', (line) => {
  const of = evidence[line];
  const { chipId, hwIdLength } = MACHINES[line];

  it('is told by its hwID, raw or wrapped', async () => {
    const hwID = chipId.slice(0, hwIdLength);
    const wrapped = await certified(of, { amd: { hwID: tlv(TAG.octetString, hwID) } });
    expect([verify(of, {}).verdict, wrapped.verdict]).toEqual(['accept', 'accept']);
    expect(wrapped.claims).toMatchObject({ vek: { hwId: toHex(hwID) } });
  });

  it.each([0, 1, 7, 8, 62, 63])('byte %i of the chip id counts', (at) => {
    const other = chipId.with(at, (chipId[at] ?? 0) ^ 0x40);
    expect(answers(reported(of, { chipId: other }), 'fail')).toEqual(['snp.vek.hwid']);
  });

  it('that is masked is known from the certificate alone, and so it says', () => {
    const result = reported(of, { chipId: new Uint8Array(64) });
    expect(result).toMatchObject({ verdict: 'accept', authentic: true });
    expect(answers(result, 'skipped')).toEqual(['snp.vek.hwid']);
    expect(answerOf(result, 'snp.vek.hwid').because).toContain('masked');
    expect(result.claims['chipIdMasked']).toBe(true);
  });
});

it('a VLEK names no chip, whatever the report has there', () => {
  const chipId = new Uint8Array(64).fill(7);
  const result = reported(cloud, { chipId });
  expect(result.verdict).toBe('accept');
  expect(answers(result, 'skipped')).toEqual(['snp.vek.hwid']);
  expect(answerOf(result, 'snp.vek.hwid').because).toContain('VLEK');
});

describe.each(LINES)('the reported TCB of a %s', (line) => {
  const of = evidence[line];
  const { tcb } = MACHINES[line];

  it.each([0, 1, 2, 3, 4, 5, 6, 7])('byte %i counts, above as below', (at) => {
    for (const step of [1, 255]) {
      const reportedTcb = tcb.with(at, (tcb[at] ?? 0) + step);
      expect(answers(reported(of, { reportedTcb }), 'fail')).toEqual(['snp.vek.tcb']);
    }
  });

  it.each(['blSPL', 'teeSPL', 'snpSPL', 'ucodeSPL', 'spl5', 'spl6', 'spl7'] as const)(
    'a certificate with another %s is for another one',
    async (name) => {
      const result = await certified(of, { amd: { [name]: spl(0x7f) } });
      expect(answers(result, 'fail')).toEqual(['snp.vek.tcb']);
    },
  );

  it('is no other TCB of the report’s', () => {
    const none = new Uint8Array(8);
    const result = reported(of, { currentTcb: none, committedTcb: none, launchTcb: none });
    expect(result.verdict).toBe('accept');
  });
});

it('the TCB of a Turin is told by its own components', async () => {
  const result = await certified(evidence.Turin, { amd: { fmcSPL: spl(9) } });
  expect(answerOf(result, 'snp.vek.tcb')).toMatchObject({
    want: 'REPORTED_TCB fmc 1, bootLoader 2, tee 3, snp 4, microcode 81 (0102030400000051)',
    got: 'SPLs fmc 9, bootLoader 2, tee 3, snp 4, microcode 81 (0902030400000051)',
  });
});

describe('the product', () => {
  const cpuid = (family: number, model: number) => Uint8Array.of(family, model, 1);

  it.each(LINES)('is the certificate’s for a report of version 2 of a %s', (line) => {
    const result = reported(evidence[line], { version: 2, cpuid: new Uint8Array(3) });
    expect(result.verdict).toBe('accept');
    expect(answerOf(result, 'snp.product.known').because).toContain('certificate’s');
    expect(result.claims['product']).toBe(line.toLowerCase());
  });

  it('is open for a report of version 2 without a certificate', () => {
    const report = good.report({ version: 2, cpuid: new Uint8Array(3) });
    const { vek: _, ...rest } = good.input;
    const result = verifySnp({ ...rest, report, anchors: good.anchors });
    expect(answers(result, 'unresolved')).toEqual(['snp.vek.format', 'snp.product.known']);
  });

  it.each([
    ['Bergamo', 0x19, 0xa0],
    ['the last of Siena', 0x19, 0xaf],
    ['the last of Genoa', 0x19, 0x1f],
  ])('%s goes by Genoa’s certificates', (_, family, model) => {
    expect(reported(good, { cpuid: cpuid(family, model) }).verdict).toBe('accept');
  });

  it.each([
    ['of no known family', 0x18, 0x11, 'family 0x18, model 0x11'],
    ['of no known model', 0x19, 0x20, 'family 0x19, model 0x20'],
    ['of no processor', 0, 0, 'family 0x0, model 0x0'],
    ['of Venice', 0x1a, 0x50, 'Venice (family 0x1a, model 0x50), whose roots are not known'],
  ])('a report %s', (_, family, model, got) => {
    const result = reported(good, { cpuid: cpuid(family, model) });
    expect(answers(result, 'fail')).toEqual(['snp.product.known']);
    expect(answerOf(result, 'snp.product.known')).toMatchObject({ got });
    expect(result.authentic).toBe(false);
  });

  it.each([
    ['Milan', 0x19, 0x01],
    ['Turin', 0x1a, 0x02],
  ])('a report of a %s under Genoa’s certificates', (name, family, model) => {
    const result = reported(good, { cpuid: cpuid(family, model) });
    expect(answers(result, 'fail')).toEqual(['snp.product.match']);
    expect(answerOf(result, 'snp.product.match')).toMatchObject({
      path: 'report.cpuid',
      got: `processor ${name.toLowerCase()}, issuer genoa, productName genoa, root genoa`,
    });
  });

  it.each(['Milan-B0', 'Turin', 'Bergamo', 'genoa'])(
    'a certificate of Genoa’s whose productName is %s',
    async (name) => {
      const result = await certified(good, { amd: { productName: ia5(name) } });
      expect(answers(result, 'fail')).toEqual(['snp.product.match']);
      expect(answerOf(result, 'snp.product.match').path).toBe('vek.extensions.productName');
    },
  );

  it('a productName of no line is told as it stands', async () => {
    const result = await certified(good, { amd: { productName: ia5('Bergamo') } });
    expect(answerOf(result, 'snp.product.match')).toMatchObject({
      got: 'processor genoa, issuer genoa, productName unknown ("Bergamo"), root genoa',
    });
  });

  it('a machine’s own certificate, but of another line’s hierarchy', async () => {
    const { Milan: other } = evidence;
    const chip = { ...other.world, line: 'Genoa' as const, vcek: good.world.vcek };
    const vek = await vekCertificate(chip, 'vcek', { amd: goodExtensions('Genoa') });
    const result = verifySnp({
      ...good.input,
      vek,
      chain: [other.ask],
      anchors: [...good.anchors, ...other.anchors],
    });
    expect(answers(result, 'fail')).toEqual(['snp.product.match']);
    expect(answerOf(result, 'snp.product.match').path).toBe('chain');
  });
});

describe('a Turin’s chip id', () => {
  const { Turin: of } = evidence;

  it('is not eight bytes with something behind them in the certificate', async () => {
    const hwID = concatBytes(MACHINES.Turin.chipId.subarray(0, 8), Uint8Array.of(0));
    expect(answers(await certified(of, { amd: { hwID } }), 'fail')).toEqual(['snp.vek.extensions']);
  });

  it('is not the 64 bytes of older lines, were they the same', async () => {
    const result = await certified(of, { amd: { hwID: MACHINES.Turin.chipId } });
    expect(answers(result, 'fail')).toEqual(['snp.vek.extensions']);
  });
});
