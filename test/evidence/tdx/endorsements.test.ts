import { describe, expect, it } from 'vitest';
import { anchorFromCertificate } from '../../../src/core/x509/anchors.ts';
import { clocksAt } from '../../../src/evidence/tdx/clocks.ts';
import type { TdxCollateral } from '../../../src/evidence/tdx/collateral.ts';
import { verifyTdx } from '../../../src/evidence/tdx/verifier.ts';
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
  it('TCB info and QE identity of the other root leave revocation open', () => {
    const { root_ca_crl = '', pck_crl = '' } = ours.collateral;
    const mixed = { ...theirs.collateral, root_ca_crl, pck_crl };
    expect(answers(mixed)).toEqual({
      verdict: 'indeterminate',
      open: ['tdx.tcb_info.revocation', 'tdx.qe_identity.revocation'],
    });
  });

  it('the other root’s CRL clears no certificate of this one', () => {
    const { root_ca_crl = '' } = theirs.collateral;
    const { open } = answers({ ...ours.collateral, root_ca_crl });
    expect(open).toEqual(
      expect.arrayContaining([
        'tdx.tcb_info.revocation',
        'tdx.qe_identity.revocation',
        'tdx.pck.revocation',
      ]),
    );
  });

  it('one root named twice is still one root', () => {
    const { open } = answers(ours.collateral, [...anchors, ...anchors]);
    expect(open).toEqual(answers(ours.collateral).open);
    expect(open).not.toContain('tdx.pck.revocation');
  });
});
