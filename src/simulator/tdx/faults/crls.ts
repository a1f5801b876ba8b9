import type { TdxCollateral } from '../../../evidence/tdx/collateral.ts';
import { append, flipBit } from '../../damage.ts';
import type { TdxCrl } from '../hierarchy.ts';
import type { TdxPlan } from '../plan.ts';
import type { TdxFaults } from './fault.ts';

/** What can't be known without a list that can be relied upon. */
const WITHOUT_PCK_CRL = { unresolved: ['tdx.pck.revocation'] } as const;
const WITHOUT_ROOT_CRL = {
  unresolved: ['tdx.pck.revocation', 'tdx.tcb_info.revocation', 'tdx.qe_identity.revocation'],
} as const;

const pck = (change: Partial<TdxCrl>) => (plan: TdxPlan) => {
  Object.assign(plan.crls.pck, change);
};

const root = (change: Partial<TdxCrl>) => (plan: TdxPlan) => {
  Object.assign(plan.crls.root, change);
};

const collateral = (change: (made: TdxCollateral) => TdxCollateral) => (plan: TdxPlan) => {
  plan.afterCollateral = change;
};

function omit(made: TdxCollateral, member: keyof TdxCollateral): TdxCollateral {
  return Object.fromEntries(Object.entries(made).filter(([name]) => name !== member));
}

/** The other list where this one should be: rightly signed, by another CA. */
function swap(
  { root_ca_crl, pck_crl, ...others }: TdxCollateral,
  kept: 'root_ca_crl' | 'pck_crl',
): TdxCollateral {
  const crl = kept === 'root_ca_crl' ? root_ca_crl : pck_crl;
  return crl === undefined ? others : { ...others, root_ca_crl: crl, pck_crl: crl };
}

export const CRL_FAULTS = {
  pck_crl_missing: {
    describes: 'no PCK CRL',
    unresolved: ['tdx.pck_crl.format', ...WITHOUT_PCK_CRL.unresolved],
    apply: collateral((made) => omit(made, 'pck_crl')),
  },
  pck_crl_empty: {
    describes: 'an empty text for a PCK CRL',
    fails: ['tdx.pck_crl.format'],
    ...WITHOUT_PCK_CRL,
    apply: collateral((made) => ({ ...made, pck_crl: '' })),
  },
  pck_crl_garbage: {
    describes: 'hex that is no DER for a PCK CRL',
    fails: ['tdx.pck_crl.format'],
    ...WITHOUT_PCK_CRL,
    apply: collateral((made) => ({ ...made, pck_crl: 'deadbeef' })),
  },
  pck_crl_tail: {
    describes: 'a byte behind the PCK CRL',
    fails: ['tdx.pck_crl.format'],
    ...WITHOUT_PCK_CRL,
    apply: pck({ afterSigning: append(Uint8Array.of(0)) }),
  },
  pck_crl_no_extensions: {
    describes: 'a PCK CRL without CRL number and authority key identifier',
    fails: ['tdx.pck_crl.format'],
    ...WITHOUT_PCK_CRL,
    apply: pck({ extensions: 'none' }),
  },
  pck_crl_bad_sig: {
    describes: 'one bit of the PCK CRL’s signature is wrong',
    fails: ['tdx.pck_crl.signature'],
    ...WITHOUT_PCK_CRL,
    apply: pck({ afterSigning: flipBit(-1) }),
  },
  pck_crl_evil_signer_revocation_stripped: {
    describes: 'this platform is revoked, but somebody signed a shorter list with a key of theirs',
    fails: ['tdx.pck_crl.signature'],
    ...WITHOUT_PCK_CRL,
    apply: pck({ signedBy: 'evil root', revoked: [] }),
  },
  pck_crl_is_root_crl: {
    describes: 'the root’s CRL in the place of the PCK CA’s',
    fails: ['tdx.pck_crl.signature'],
    ...WITHOUT_PCK_CRL,
    apply: collateral((made) => swap(made, 'root_ca_crl')),
  },
  pck_crl_of_other_ca: {
    describes: 'a list of the processor CA, while the platform CA issued the PCK certificate',
    fails: ['tdx.pck_crl.signature'],
    ...WITHOUT_PCK_CRL,
    apply: ({ certificates, crls }) => {
      certificates['processorCa'] = {
        ...certificates.platformCa,
        commonName: 'Intel SGX PCK Processor CA',
        key: 'processor ca',
      };
      crls.pck.issuer = 'processorCa';
    },
  },
  pck_crl_expired: {
    describes: 'the PCK CRL’s nextUpdate passed a second ago',
    unresolved: ['tdx.pck_crl.validity'],
    apply: pck({ nextUpdate: '2026-05-31T23:59:59Z' }),
  },
  pck_crl_not_yet_valid: {
    describes: 'the PCK CRL begins in a second',
    unresolved: ['tdx.pck_crl.validity'],
    apply: pck({ thisUpdate: '2026-06-01T00:00:01Z' }),
  },
  root_crl_missing: {
    describes: 'no root CA CRL',
    unresolved: ['tdx.root_crl.format', ...WITHOUT_ROOT_CRL.unresolved],
    apply: collateral((made) => omit(made, 'root_ca_crl')),
  },
  root_crl_garbage: {
    describes: 'hex that is no DER for a root CA CRL',
    fails: ['tdx.root_crl.format'],
    ...WITHOUT_ROOT_CRL,
    apply: collateral((made) => ({ ...made, root_ca_crl: 'deadbeef' })),
  },
  root_crl_no_extensions: {
    describes: 'a root CA CRL without CRL number and authority key identifier',
    fails: ['tdx.root_crl.format'],
    ...WITHOUT_ROOT_CRL,
    apply: root({ extensions: 'none' }),
  },
  root_crl_bad_sig: {
    describes: 'one bit of the root CA CRL’s signature is wrong',
    fails: ['tdx.root_crl.signature'],
    ...WITHOUT_ROOT_CRL,
    apply: root({ afterSigning: flipBit(-1) }),
  },
  root_crl_evil_signer: {
    describes: 'a root CA CRL signed with somebody else’s key',
    fails: ['tdx.root_crl.signature'],
    ...WITHOUT_ROOT_CRL,
    apply: root({ signedBy: 'evil root' }),
  },
  root_crl_is_pck_crl: {
    describes: 'the PCK CA’s CRL in the place of the root’s',
    fails: ['tdx.root_crl.signature'],
    ...WITHOUT_ROOT_CRL,
    apply: collateral((made) => swap(made, 'pck_crl')),
  },
  root_crl_expired: {
    describes: 'the root CA CRL’s nextUpdate passed a second ago',
    unresolved: ['tdx.root_crl.validity'],
    apply: root({ nextUpdate: '2026-05-31T23:59:59Z' }),
  },
  root_crl_not_yet_valid: {
    describes: 'the root CA CRL begins in a second',
    unresolved: ['tdx.root_crl.validity'],
    apply: root({ thisUpdate: '2026-06-01T00:00:01Z' }),
  },
} as const satisfies TdxFaults;
