import { X509Certificate } from 'node:crypto';
import { expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { anchorFromCertificate } from '../../../src/core/x509/anchors.ts';
import { parseCertificate } from '../../../src/core/x509/certificate.ts';
import { parseCrl } from '../../../src/core/x509/crl.ts';
import { parseQuote } from '../../../src/evidence/tdx/quote.ts';
import { deriveBytes } from '../../../src/simulator/keys.ts';
import { SIMULATED_NOW } from '../../../src/simulator/tdx/plan.ts';
import { createTdxPlatform } from '../../../src/simulator/tdx/platform.ts';
import { simulateTdx } from '../../../src/simulator/tdx/simulate.ts';

it('makes the same bytes twice, and others from another seed', async () => {
  const [{ plan: _, ...one }, { plan: __, ...two }, other] = await Promise.all([
    simulateTdx(),
    simulateTdx(),
    simulateTdx({ seed: 'another' }),
  ]);
  expect(two).toEqual(one);
  expect(other.root).not.toEqual(one.root);
  expect(one.at).toBe(SIMULATED_NOW);
});

it.each([
  { format: 'v4', version: 4, bodyType: 2 },
  { format: 'v5-td10', version: 5, bodyType: 2 },
  { format: 'v5-td15', version: 5, bodyType: 3 },
  { format: 'v5-td15ex', version: 5, bodyType: 4 },
] as const)('makes a quote of format $format', async ({ format, version, bodyType }) => {
  const reportData = deriveBytes('test', 'report data', 64);
  const { quote } = await simulateTdx({ format, request: { reportData } });
  const parsed = parseQuote(quote);
  expect(parsed.header.version).toBe(version);
  expect(parsed.bodyType).toBe(bodyType);
  expect(parsed.body.reportData).toEqual(reportData);
  expect(parsed.trailing).toHaveLength(0);
  expect(parsed.certification.data.at(-1)).toBe(0);
});

it('names itself in its root, so that nobody takes it for Intel’s', async () => {
  const { root } = await simulateTdx();
  expect(anchorFromCertificate(root, 'root').kind).toBe('simulator');
  expect(new X509Certificate(root).subject).toContain('O=Postern Simulator');
});

it('lays out the extensions of a certificate as Intel does', async () => {
  const { root } = await simulateTdx();
  expect([...parseCertificate(root, 'root').extensions.keys()]).toEqual([
    '2.5.29.35',
    '2.5.29.31',
    '2.5.29.14',
    '2.5.29.15',
    '2.5.29.19',
  ]);
});

it('lists as many revoked platforms as Intel does', async () => {
  const { served } = await createTdxPlatform();
  expect(parseCrl(served.pckCrl.der, 'pck_crl').revoked.size).toBe(56);
});

it('signs with another attestation key for another attestation seed only', async () => {
  const platform = await createTdxPlatform();
  const keyOf = (attestationSeed: string) =>
    toHex(parseQuote(platform.quote({ attestationSeed })).attestationKey);
  const [first, second, again] = ['a', 'b', 'a'].map(keyOf);
  expect(second).not.toBe(first);
  expect(again).toBe(first);
});

it('reissues altered documents and stays as it is', async () => {
  const platform = await createTdxPlatform();
  const older = await platform.reissue(({ tcbInfo }) => {
    tcbInfo.content.tcbEvaluationDataNumber = 19;
  });
  expect(older.served.tcbInfo.body).toContain('"tcbEvaluationDataNumber":19,');
  expect(platform.served.tcbInfo.body).toContain('"tcbEvaluationDataNumber":20,');
  const body = JSON.parse(older.served.tcbInfo.body) as { signature: string };
  expect(body.signature).toBe(older.collateral.tcb_info_signature);
});

it('publishes the next recovery under the early channel', async () => {
  const { served } = await createTdxPlatform({ channel: 'early' });
  expect(served.tcbInfo.body).toContain('"tcbEvaluationDataNumber":21,');
  expect(served.qeIdentity.body).toContain('"tcbEvaluationDataNumber":21,');
});
