import { expect, it } from 'vitest';
import { sha256 } from '#crypto';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { anchorFromCertificate } from '../../../src/core/x509/anchors.ts';
import { type SnpInput, snpClocksAt } from '../../../src/evidence/snp/input.ts';
import { SnpVerifier } from '../../../src/evidence/snp/verifier.ts';
import type { SnpPlan } from '../../../src/simulator/snp/plan.ts';
import { simulateSnp } from '../../../src/simulator/snp/simulate.ts';
import { expectGoodUntil, kindsOf } from '../../support/until.ts';

const SOON = '2026-06-02T03:04:05Z';
const ENDED = '2026-05-20T00:00:00Z';

/** A VCEK, both CAs above it, and a list. */
async function machine(edit: (plan: SnpPlan) => void = () => undefined, seed = 'postern') {
  const made = await simulateSnp({
    seed,
    edit: (plan) => {
      plan.handed.crl = 'der';
      plan.handed.chain = ['ask', 'ark'];
      edit(plan);
    },
  });
  const { report, chain, root, at } = made;
  const { vek = report, crl = report } = made;
  const anchors = [anchorFromCertificate(root, 'root')];
  return { bare: { report, vek, chain }, crl, anchors, at };
}

type Machine = Awaited<ReturnType<typeof machine>>;

const good = await machine();

/** With the CRL that can clear, unless it is changed. */
function verifier({ bare, crl, anchors }: Machine, change: Partial<SnpInput> = {}) {
  const verifier = new SnpVerifier(anchors);
  return (now: number) => verifier.verify({ ...bare, crl, at: snpClocksAt(now), ...change });
}

it('holds until the CRL is to be updated, and names it', () => {
  expectGoodUntil(verifier(good), good.at, '2027-05-15T00:00:00Z');
  expect(kindsOf(verifier(good)(good.at))).toEqual(['amd-chain', 'amd-crl', 'vek']);
});

it('without a list holds until the first certificate ends', () => {
  const { bare, anchors, at } = good;
  const verifier = new SnpVerifier(anchors);
  const verify = (now: number) => verifier.verify({ ...bare, at: snpClocksAt(now) });
  expectGoodUntil(verify, at, '2033-02-05T01:04:33Z');
  expect(kindsOf(verify(at))).toEqual(['amd-chain', 'vek']);
});

it('does not rest on lists that can only revoke, stale or not', async () => {
  const stale = await machine(({ crl }) => {
    crl.nextUpdate = ENDED;
  });
  const input = { ...good.bare, at: snpClocksAt(good.at) };
  const verifier = new SnpVerifier(good.anchors);
  const without = verifier.verify(input);
  const result = verifier.verify({ ...input, furtherCrls: [stale.crl, good.crl] });
  expect(result).toMatchObject({ verdict: 'accept', until: without.until });
  expect(result.endorsements).toEqual(without.endorsements);
});

it.each<[string, (plan: SnpPlan) => void]>([
  [
    'the VEK',
    ({ certificates }) => {
      certificates.vcek.notAfter = SOON;
    },
  ],
  [
    'the ASK',
    ({ certificates }) => {
      certificates.ask.notAfter = SOON;
    },
  ],
  [
    'the ARK',
    ({ certificates }) => {
      certificates.ark.notAfter = SOON;
    },
  ],
  [
    'the CRL',
    ({ crl }) => {
      crl.nextUpdate = SOON;
    },
  ],
])('holds no longer than %s', async (_, edit) => {
  const made = await machine(edit);
  expectGoodUntil(verifier(made), made.at, SOON);
});

it('says that the CRL has ended already, which is why it is open', async () => {
  const made = await machine(({ crl }) => {
    crl.nextUpdate = ENDED;
  });
  expect(verifier(made)(made.at)).toMatchObject({ verdict: 'indeterminate', until: ENDED });
});

it('of somebody else’s chain and list nothing is relied upon', async () => {
  const { anchors } = await machine(undefined, 'another world');
  const result = verifier({ ...good, anchors })(good.at);
  expect(result.verdict).toBe('reject');
  expect(result).not.toHaveProperty('until');
  expect(result.endorsements).toEqual([]);
});

it('names what was verified, whatever becomes of the caller’s buffers', () => {
  const { bare, crl: list, at } = good;
  const [vek, crl] = [new Uint8Array(bare.vek), new Uint8Array(list)];
  const result = verifier(good, { vek, crl })(at);
  vek.fill(0);
  crl.fill(0);
  expect(result.endorsements).toContainEqual({ kind: 'vek', sha256: toHex(sha256(bare.vek)) });
  expect(result.endorsements).toContainEqual({ kind: 'amd-crl', sha256: toHex(sha256(list)) });
});
