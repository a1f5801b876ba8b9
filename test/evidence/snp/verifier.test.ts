import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { AMD_ROOTS } from '../../../src/core/x509/amd-roots.ts';
import { type SnpInput, snpClocksAt } from '../../../src/evidence/snp/input.ts';
import { verifySnp } from '../../../src/evidence/snp/verifier.ts';
import { revoke } from '../../support/pki.ts';
import { OTHER_RSA_4096, RSA_4096 } from '../../support/rsa-keys.ts';
import { amdForm, answers, NOW, SIGNED_SIZE, snpEvidence } from '../../support/snp.ts';
import {
  intermediateCertificate,
  snpWorld,
  vekCertificate,
} from '../../support/snp-certificates.ts';
import { asView } from '../../support/view.ts';

const world = await snpWorld();
const good = await snpEvidence(world);
const _cloud = await snpEvidence(world, 'vlek');
const { input, anchors } = good;

const verify = (change: Partial<SnpInput>) => verifySnp({ ...input, ...change, anchors });

describe.each(['Milan', 'Genoa', 'Turin'] as const)('good evidence of a %s', (line) => {
  it.each(['vcek', 'vlek'] as const)('signed by a %s', async (signer) => {
    const evidence = await snpEvidence(await snpWorld(line), signer);
    const result = verifySnp({ ...evidence.input, anchors: evidence.anchors });
    expect(result).toMatchObject({
      verdict: 'accept',
      authentic: true,
      evidence: 'snp',
      anchors: 'custom',
      revocation: 'unchecked',
      at: '2026-01-15T00:00:00Z',
      line: line.toLowerCase(),
    });
    const skipped = signer === 'vlek' ? ['snp.vek.hwid'] : [];
    expect(answers(result, 'skipped')).toEqual(skipped);
    expect(answers(result, 'pass')).toHaveLength(result.checks.length - skipped.length);
  });
});

it('reads all of it out of larger buffers alike', () => {
  const { report, vek = report, chain = [] } = input;
  const views = { report: asView(report), vek: asView(vek), chain: chain.map(asView) };
  expect(verify(views)).toEqual(verify({}));
});

describe('the signature', () => {
  /** SP 800-186 section 3.2.1.4. */
  const order = BigInt(
    '0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
  );
  const numberAt = (report: Uint8Array, at: number) =>
    BigInt(`0x${Buffer.from(report.slice(at, at + 48).reverse()).toString('hex')}`);
  const bigEndian = (value: bigint) =>
    Uint8Array.from(Buffer.from(value.toString(16).padStart(96, '0'), 'hex'));
  const withSignature = (r: bigint, s: bigint) =>
    concatBytes(
      input.report.subarray(0, SIGNED_SIZE),
      amdForm(concatBytes(bigEndian(r), bigEndian(s))),
    );
  const r = numberAt(input.report, SIGNED_SIZE);
  const s = numberAt(input.report, SIGNED_SIZE + 72);

  it('has two forms: S, and the order less S', () => {
    expect(verify({ report: withSignature(r, order - s) }).verdict).toBe('accept');
  });

  it.each([
    ['R and S exchanged', s, r],
    ['the order less R', order - r, s],
    ['another R', r ^ 1n, s],
    ['another S', r, s ^ 1n],
  ])('is not %s', (_, one, other) => {
    const result = verify({ report: withSignature(one, other) });
    expect(answers(result, 'fail')).toEqual(['snp.report.signature']);
    expect(result.authentic).toBe(false);
  });

  it('is over every signed byte', () => {
    // Any byte at all; most of them fail for other reasons as well.
    for (let at = 0; at < SIGNED_SIZE; at += 7) {
      const report = input.report.with(at, (input.report[at] ?? 0) ^ 0x01);
      const result = verify({ report });
      expect([at, result.verdict, result.authentic]).toEqual([at, 'reject', false]);
    }
  });

  it('is the VEK’s, not that of anybody else in the chain', async () => {
    const other = await snpEvidence(await snpWorld());
    expect(answers(verify({ report: other.input.report }), 'fail')).toEqual([
      'snp.report.signature',
    ]);
  });
});

describe('a report that is none', () => {
  it.each([
    ['nothing', new Uint8Array()],
    ['one byte less', input.report.subarray(0, -1)],
    ['another version', input.report.with(0, 6)],
  ])('%s', (_, report) => {
    const result = verify({ report });
    expect(answers(result, 'fail')).toEqual(['snp.report.format']);
    expect(result).toMatchObject({ verdict: 'reject', authentic: false, report: undefined });
    // What is said of the chain is said for itself.
    expect(result.claims).toMatchObject({ product: 'genoa' });
  });

  it('a byte behind it is no certificate table', () => {
    const report = concatBytes(input.report, Uint8Array.of(0));
    expect(answers(verify({ report }), 'fail')).toEqual(['snp.certificate_table.format']);
  });
});

describe('clocks', async () => {
  const crl = await revoke(world.ark);

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('%d is none', (ms) => {
    const evidence = verify({ crl, at: { evidence: ms, crl: NOW } });
    expect(answers(evidence, 'fail')).toEqual(['snp.clock', 'snp.vek.validity']);
    const ofCrl = verify({ crl, at: { evidence: NOW, crl: ms } });
    expect(answers(ofCrl, 'fail')).toEqual(['snp.clock']);
    expect(answers(ofCrl, 'unresolved')).toEqual(['snp.crl.validity', 'snp.vek.revocation']);
    expect([evidence.verdict, ofCrl.verdict]).toEqual(['reject', 'reject']);
  });

  it('each certificate of the chain is within its validity, both ends included', async () => {
    const window = { notBefore: new Date(NOW - 1000), notAfter: new Date(NOW + 1000) };
    const narrow = {
      vek: { vek: await vekCertificate(world, 'vcek', window) },
      chain: { chain: [await intermediateCertificate(world, 'vcek', window)] },
    };
    for (const [path, change] of Object.entries(narrow)) {
      const verdictAt = (ms: number) => {
        const { checks, verdict } = verify({ ...change, at: snpClocksAt(ms) });
        const failed = checks.filter(({ outcome }) => outcome === 'fail');
        return failed.map((check) => `${check.id} at ${check.path}`).join() || verdict;
      };
      expect([-1001, -1000, 1000, 1001].map((ms) => verdictAt(NOW + ms))).toEqual([
        `snp.vek.validity at ${path}`,
        'accept',
        'accept',
        `snp.vek.validity at ${path}`,
      ]);
    }
  });
});

describe('anchors', async () => {
  const rogue = await snpEvidence(await snpWorld('Genoa', { ark: OTHER_RSA_4096, ask: RSA_4096 }));
  const milan = await snpEvidence(await snpWorld('Milan'));

  it('of AMD’s know nobody of ours', () => {
    const result = verifySnp({ ...input, anchors: AMD_ROOTS });
    expect(result).toMatchObject({ verdict: 'reject', authentic: false, anchors: 'vendor' });
    expect(answers(result, 'fail')).toEqual(['snp.vek.root']);
  });

  it('beside others count as much', () => {
    for (const both of [
      [...anchors, ...milan.anchors, ...AMD_ROOTS],
      [...AMD_ROOTS, ...milan.anchors, ...anchors],
    ]) {
      expect(verifySnp({ ...input, anchors: both })).toMatchObject({
        verdict: 'accept',
        anchors: 'custom',
      });
      expect(verifySnp({ ...milan.input, anchors: both }).verdict).toBe('accept');
    }
  });

  it('of one name are told apart by what they signed', () => {
    for (const both of [
      [...anchors, ...rogue.anchors],
      [...rogue.anchors, ...anchors],
    ]) {
      expect(verifySnp({ ...input, anchors: both }).verdict).toBe('accept');
      expect(verifySnp({ ...rogue.input, anchors: both }).verdict).toBe('accept');
    }
  });
});
