import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { anchorFromCertificate } from '../../../src/core/x509/anchors.ts';
import { type SnpInput, snpClocksAt } from '../../../src/evidence/snp/input.ts';
import { SnpVerifier, verifySnp } from '../../../src/evidence/snp/verifier.ts';
import { revoke } from '../../support/pki.ts';
import { OTHER_RSA_4096, RSA_4096 } from '../../support/rsa-keys.ts';
import { answers, GUIDS, goodTable, NOW, snpEvidence } from '../../support/snp.ts';
import { arkCertificate, snpWorld, vekCertificate } from '../../support/snp-certificates.ts';

const world = await snpWorld();
const good = await snpEvidence(world);
const _cloud = await snpEvidence(world, 'vlek');
const { input, anchors } = good;

const verify = (change: Partial<SnpInput>) => verifySnp({ ...input, ...change, anchors });

/** What comes with a report that has its certificates behind it. */
const { vek: _vek, chain: _chain, ...bare } = input;

describe('one verifier for many', () => {
  it('gives the same answer with and without memory', () => {
    const verifier = new SnpVerifier(anchors);
    const first = verifier.verify(input);
    expect(verifier.verify(input)).toEqual(first);
    expect(verify({})).toEqual(first);
  });

  it('does not outlive validity', async () => {
    const verifier = new SnpVerifier(anchors);
    const vek = await vekCertificate(world, 'vcek', { notAfter: new Date(NOW + 1000) });
    const at = (ms: number) => verifier.verify({ ...input, vek, at: snpClocksAt(ms) });
    expect(at(NOW).verdict).toBe('accept');
    expect(answers(at(NOW + 2000), 'fail')).toEqual(['snp.vek.validity']);
    expect(at(NOW).verdict).toBe('accept');
  });

  it('never lends a good answer to a certificate with one byte changed', () => {
    const verifier = new SnpVerifier(anchors);
    expect(verifier.verify(input).verdict).toBe('accept');
    for (let at = 0; at < good.vek.length; at += 3) {
      const vek = good.vek.with(at, (good.vek[at] ?? 0) ^ 1);
      const result = verifier.verify({ ...input, vek });
      expect([at, result.verdict, result.authentic]).toEqual([at, 'reject', false]);
    }
    expect(verifier.verify(input).verdict).toBe('accept');
  });

  it('never lends one machine’s certificate to another’s report', async () => {
    const verifier = new SnpVerifier(anchors);
    const other = await snpEvidence(await snpWorld());
    expect(verifier.verify(input).verdict).toBe('accept');
    expect(verifier.verify(other.input).verdict).toBe('accept');
    const mixed = verifier.verify({ ...input, vek: other.vek });
    expect(answers(mixed, 'fail')).toEqual(['snp.report.signature']);
  });

  it('looks at the CRL anew each time', async () => {
    const verifier = new SnpVerifier(anchors);
    const entry = { serialNumber: '020002', revocationDate: new Date(NOW) };
    const crl = await revoke(world.ark, { entries: [entry] });
    expect(verifier.verify(input).verdict).toBe('accept');
    expect(answers(verifier.verify({ ...input, crl }), 'fail')).toEqual(['snp.vek.revocation']);
    expect(verifier.verify(input).verdict).toBe('accept');
  });
});

describe('what a result holds', () => {
  it('is frozen: one caller can’t change what the next one is told', () => {
    const verifier = new SnpVerifier(anchors);
    const first = verifier.verify(input);
    expect(first.checks.filter((check) => !Object.isFrozen(check))).toEqual([]);
    for (const check of first.checks) {
      expect(() => Object.assign(check, { outcome: 'fail' })).toThrow(TypeError);
    }
    expect(verifier.verify(input)).toMatchObject({ verdict: 'accept', authentic: true });
    const refused = verify({ vek: Uint8Array.of(1), reportData: new Uint8Array(64) });
    expect(answers(refused, 'fail')).toEqual(['snp.vek.format', 'snp.report_data']);
    expect(refused.checks.filter((check) => !Object.isFrozen(check))).toEqual([]);
  });

  it('does not come from an anchor that the caller’s buffer became', async () => {
    const rogue = await snpEvidence(
      await snpWorld('Genoa', { ark: OTHER_RSA_4096, ask: RSA_4096 }),
    );
    const { root } = await snpEvidence(world);
    expect(rogue.root).toHaveLength(root.length);
    const own = root.slice();
    const verifier = new SnpVerifier([anchorFromCertificate(own, 'root')]);
    own.set(rogue.root);
    const again = await arkCertificate(rogue.world, { notBefore: new Date('2024-01-01') });
    for (const root of [rogue.root, again]) {
      const chain = [rogue.ask, root];
      expect(verifier.verify({ ...rogue.input, chain }).verdict).toBe('reject');
    }
    expect(verifier.verify(input).verdict).toBe('accept');
  });

  it('does not change with a Buffer of the caller’s, whose slices are no copies', () => {
    const report = Buffer.from(input.report);
    const result = verify({ report });
    const before = JSON.stringify(result.claims);
    report.fill(0xaa);
    expect(result.report?.measurement).toEqual(new Uint8Array(48).fill(0x4d));
    expect(JSON.stringify(result.claims)).toBe(before);
  });

  it('does not change with the caller’s buffers', async () => {
    const crl = await revoke(world.ark);
    const table = goodTable([
      [GUIDS.vcek, good.vek],
      [GUIDS.ask, good.ask],
    ]);
    const furtherCrls = [crl.slice(), Uint8Array.of(1)];
    const inputs: SnpInput[] = [
      { ...bare, report: concatBytes(input.report, table), crl, furtherCrls },
      {
        ...input,
        report: input.report.slice(),
        vek: good.vek.slice(),
        chain: [good.ask.slice()],
        crl,
      },
    ];
    for (const own of inputs) {
      const verifier = new SnpVerifier(anchors);
      const result = verifier.verify(own);
      expect(result.verdict).toBe('accept');
      const before = JSON.stringify(verify({ ...own }).claims);
      const { report, vek, chain = [], crl: list, furtherCrls: others = [] } = own;
      const buffers = [report, vek, ...chain, list, ...others];
      for (const buffer of buffers) buffer?.fill(0xaa);
      expect(JSON.stringify(result.claims)).toBe(before);
      expect(verifier.verify(input).verdict).toBe('accept');
      crl.set(await revoke(world.ark));
    }
  });
});
