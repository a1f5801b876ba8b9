import { expect, it } from 'vitest';
import { sha256 } from '#crypto';
import { fromHex, toHex } from '../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { toPem } from '../../../src/core/encoding/pem.ts';
import { anchorFromCertificate } from '../../../src/core/x509/anchors.ts';
import { clocksAt } from '../../../src/evidence/tdx/clocks.ts';
import type { TdxCollateral } from '../../../src/evidence/tdx/collateral.ts';
import { decodeCrl } from '../../../src/evidence/tdx/endorsements.ts';
import { TdxVerifier } from '../../../src/evidence/tdx/verifier.ts';
import { verifyTdxCollateral } from '../../../src/evidence/tdx/verify-collateral.ts';
import type { TdxPlan } from '../../../src/simulator/tdx/plan.ts';
import { type SimulatedTdx, simulateTdx } from '../../../src/simulator/tdx/simulate.ts';
import { expectGoodUntil, kindsOf } from '../../support/until.ts';

const good = await simulateTdx();
const SOON = '2026-06-02T03:04:05Z';

function verifier(made: SimulatedTdx, collateral: TdxCollateral = made.collateral) {
  const verifier = new TdxVerifier([anchorFromCertificate(made.root, 'root')]);
  return (now: number) => verifier.verify({ quote: made.quote, collateral, at: clocksAt(now) });
}

it('holds until TCB info is to be updated, where that comes first', () => {
  expectGoodUntil(verifier(good), good.at, '2026-06-19T10:16:03Z');
});

it.each<[string, (plan: TdxPlan) => void]>([
  [
    'TCB info',
    ({ tcbInfo }) => {
      tcbInfo.content.nextUpdate = SOON;
    },
  ],
  [
    'QE identity',
    ({ qeIdentity }) => {
      qeIdentity.content.nextUpdate = SOON;
    },
  ],
  [
    'the root CRL',
    ({ crls }) => {
      crls.root.nextUpdate = SOON;
    },
  ],
  [
    'the PCK CRL',
    ({ crls }) => {
      crls.pck.nextUpdate = SOON;
    },
  ],
  [
    'the TCB signer',
    ({ certificates }) => {
      certificates.tcbSigner.notAfter = SOON;
    },
  ],
  [
    'the PCK certificate',
    ({ certificates }) => {
      certificates.pck.notAfter = SOON;
    },
  ],
  [
    'the platform CA',
    ({ certificates }) => {
      certificates.platformCa.notAfter = SOON;
    },
  ],
  [
    'the root',
    ({ certificates }) => {
      certificates.root.notAfter = SOON;
    },
  ],
])('holds no longer than %s', async (_, edit) => {
  const made = await simulateTdx({ edit });
  expectGoodUntil(verifier(made), made.at, SOON);
});

it('is longer once the document that ended first is renewed', async () => {
  const made = await simulateTdx({
    edit: ({ tcbInfo }) => {
      tcbInfo.content.nextUpdate = '2026-07-19T00:00:00Z';
    },
  });
  expect(verifier(made)(made.at).until).toBe('2026-06-19T10:32:27Z');
});

it.each([
  ['tcb_info', '2026-06-19T10:32:27Z', ['pck-crl', 'qe-identity', 'root-crl', 'tcb-signing-chain']],
  [
    'root_ca_crl',
    '2026-06-19T10:16:03Z',
    ['pck-crl', 'qe-identity', 'tcb-info', 'tcb-signing-chain'],
  ],
  ['pck_crl', '2026-06-19T10:16:03Z', ['qe-identity', 'root-crl', 'tcb-info', 'tcb-signing-chain']],
] as const)('without %s rests on the others', (name, until, kinds) => {
  const { [name]: _, ...rest } = good.collateral;
  const result = verifier(good, rest)(good.at);
  expect(result).toMatchObject({ verdict: 'indeterminate', until });
  expect(kindsOf(result)).toEqual(kinds);
});

it('of documents that nobody signed nothing is relied upon', () => {
  const tcb_info = good.collateral.tcb_info?.replace('2026-06-19', '2026-06-02') ?? '';
  const result = verifier(good, { ...good.collateral, tcb_info })(good.at);
  expect(result).toMatchObject({ verdict: 'reject', until: '2026-06-19T10:32:27Z' });
  expect(kindsOf(result)).not.toContain('tcb-info');
});

it('says nothing of what is no quote', () => {
  const [anchor] = [anchorFromCertificate(good.root, 'root')];
  const quote = good.quote.subarray(0, 100);
  const input = { quote, collateral: good.collateral, at: clocksAt(good.at) };
  const result = new TdxVerifier([anchor]).verify(input);
  expect(result).not.toHaveProperty('until');
  expect(result.endorsements).toEqual([]);
});

it('names each by the digest of the exact bytes: the signed text, the DER', () => {
  const { tcb_info, qe_identity, root_ca_crl = '', pck_crl = '' } = good.collateral;
  const digest = (bytes: Uint8Array) => toHex(sha256(bytes));
  const { endorsements } = verifier(good)(good.at);
  expect(endorsements).toEqual([
    { kind: 'pck-crl', sha256: digest(decodeCrl(pck_crl, 'crl')) },
    { kind: 'qe-identity', sha256: digest(utf8(qe_identity ?? '')) },
    { kind: 'root-crl', sha256: digest(decodeCrl(root_ca_crl, 'crl')) },
    { kind: 'tcb-info', sha256: digest(utf8(tcb_info ?? '')) },
    { kind: 'tcb-signing-chain', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
  ]);
});

it('is the same for a CRL in hex and in PEM, remembered or not', () => {
  const der = decodeCrl(good.collateral.root_ca_crl ?? '', 'crl');
  const forms = [toHex(der), toPem(fromHex(toHex(der), 'crl'), 'X509 CRL')];
  const [hex, pem] = forms.map((root_ca_crl) => {
    const verify = verifier(good, { ...good.collateral, root_ca_crl });
    expect(verify(good.at).endorsements).toEqual(verify(good.at).endorsements);
    return verify(good.at).endorsements;
  });
  expect(hex).toEqual(pem);
});

it('collateral by itself holds until the first of it ends', () => {
  const anchors = [anchorFromCertificate(good.root, 'root')];
  expectGoodUntil(
    (now) => verifyTdxCollateral(good.collateral, { anchors, at: clocksAt(now) }),
    good.at,
    '2026-06-19T10:16:03Z',
  );
});
