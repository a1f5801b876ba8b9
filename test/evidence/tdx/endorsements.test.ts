import { describe, expect, it } from 'vitest';
import { anchorFromCertificate } from '../../../src/core/x509/anchors.ts';
import { clocksAt } from '../../../src/evidence/tdx/clocks.ts';
import type { TdxCollateral } from '../../../src/evidence/tdx/collateral.ts';
import { verifyTdx } from '../../../src/evidence/tdx/verifier.ts';
import { verifyTdxCollateral } from '../../../src/evidence/tdx/verify-collateral.ts';
import type { TdxPlan } from '../../../src/simulator/tdx/plan.ts';
import { createTdxPlatform } from '../../../src/simulator/tdx/platform.ts';

/** The platform's first SVN is below every TCB level of its own vendor. */
const ours = await createTdxPlatform({
  seed: 'ours',
  edit: ({ certificates: { pck } }) => pck.sgx.components.fill(0),
});
/** Another root, whose TCB info calls anything UpToDate and names our quoting enclave. */
const theirs = await createTdxPlatform({
  seed: 'theirs',
  edit: ({ tcbInfo, qeIdentity }: TdxPlan) => {
    const [newest] = tcbInfo.content.tcbLevels;
    for (const component of newest?.tcb.sgxtcbcomponents ?? []) component.svn = 0;
    if (newest) newest.tcb.pcesvn = 0;
    tcbInfo.content.tcbLevels.splice(1);
    qeIdentity.content.mrsigner = mrSignerOf(ours.collateral);
  },
});

function mrSignerOf({ qe_identity = '{}' }: TdxCollateral): string {
  return (JSON.parse(qe_identity) as { mrsigner: string }).mrsigner;
}

const anchors = [ours, theirs].map(({ root }) => anchorFromCertificate(root, 'anchor'));

function answers(collateral: TdxCollateral, trusted = anchors) {
  const at = clocksAt(ours.at);
  const { verdict, checks } = verifyTdx({
    quote: ours.quote(),
    collateral,
    at,
    anchors: trusted,
  });
  const open = checks.filter(({ outcome }) => outcome !== 'pass').map(({ id }) => id);
  return { verdict, open };
}

describe('two anchors do not vouch for each other', () => {
  it('TCB info and QE identity of the other root are refused', () => {
    const { root_ca_crl = '', pck_crl = '' } = ours.collateral;
    const mixed = { ...theirs.collateral, root_ca_crl, pck_crl };
    expect(answers(mixed)).toEqual({
      verdict: 'reject',
      open: ['tdx.tcb_info.signer', 'tdx.qe_identity.signer'],
    });
  });

  it('the other root’s CRL clears no certificate of this one', () => {
    const { root_ca_crl = '' } = theirs.collateral;
    const { verdict, open } = answers({ ...ours.collateral, root_ca_crl });
    expect(verdict).toBe('reject');
    expect(open).toEqual([
      'tdx.root_crl.signature',
      'tdx.tcb_info.revocation',
      'tdx.qe_identity.revocation',
      'tdx.pck.revocation',
      'tdx.tcb.supported',
    ]);
  });

  it('one root named twice is still one root, and the order does not matter', () => {
    const alone = answers(ours.collateral, anchors.slice(0, 1));
    expect(answers(ours.collateral, [...anchors, ...anchors])).toEqual(alone);
    expect(answers(ours.collateral, anchors.toReversed())).toEqual(alone);
  });

  it('collateral alone must all be under one of them', () => {
    const verdict = (collateral: TdxCollateral) =>
      verifyTdxCollateral(collateral, { anchors, at: clocksAt(ours.at) }).verdict;
    expect(verdict(ours.collateral)).toBe('accept');
    expect(verdict(theirs.collateral)).toBe('accept');
    const { root_ca_crl = '' } = theirs.collateral;
    expect(verdict({ ...ours.collateral, root_ca_crl })).toBe('reject');
  });
});
