import { append, flipBit, truncate } from '../../damage.ts';
import type { SnpCrl } from '../hierarchy.ts';
import type { SnpPlan } from '../plan.ts';
import type { SnpFaults } from './fault.ts';
import { add } from './further-certificates.ts';
import { NO_CHIP } from './vek.ts';

/** What can't be known without a list that can be relied upon. */
const UNKNOWN = { unresolved: ['snp.vek.revocation'] } as const;
const outOfDate = { unresolved: ['snp.crl.validity', 'snp.vek.revocation'] } as const;
const signature = { fails: ['snp.crl.signature'], ...UNKNOWN } as const;
const format = { fails: ['snp.crl.format'] } as const;
const revoked = { fails: ['snp.vek.revocation'] } as const;

/** Hands the list over, changed. */
export const crl =
  (change: Partial<SnpCrl> = {}) =>
  (plan: SnpPlan) => {
    plan.handed.crl = 'der';
    Object.assign(plan.crl, change);
  };

/** A list that names the certificate of this name. */
const revoking = (name: 'ark' | 'ask' | 'asvk') => (plan: SnpPlan) => {
  const { serial } = plan.certificates[name];
  crl({ revoked: [{ serial, at: '2026-05-10T00:00:00Z' }] })(plan);
};

export const CRL_FAULTS = {
  crl_required_and_missing: {
    describes: 'no CRL, where one was asked for',
    unresolved: ['snp.crl.format'],
    asks: () => ({ revocation: 'required' }),
  },
  crl_ask_revoked: { describes: 'the root revoked the ASK', ...revoked, apply: revoking('ask') },
  crl_asvk_revoked: {
    describes: 'the root revoked the ASVK',
    ...revoked,
    skipped: NO_CHIP,
    options: { signer: 'vlek' },
    apply: revoking('asvk'),
  },
  crl_ask_revoked_in_the_future: {
    describes: 'a list of today that revokes the ASK as of tomorrow: a list says who is out',
    ...revoked,
    apply: (plan) => {
      const { serial } = plan.certificates.ask;
      crl({ revoked: [{ serial, at: '2026-06-02T00:00:00Z' }] })(plan);
    },
  },
  crl_ark_revoked: {
    describes: 'the root revoked itself',
    ...revoked,
    apply: revoking('ark'),
  },
  crl_stale: {
    describes: 'the CRL ended a second ago',
    ...outOfDate,
    apply: crl({ nextUpdate: '2026-05-31T23:59:59Z' }),
  },
  crl_future: {
    describes: 'the CRL begins in a second',
    ...outOfDate,
    apply: crl({ thisUpdate: '2026-06-01T00:00:01Z' }),
  },
  crl_signed_by_ask: {
    describes: 'the ASK signed the list in the name of the root',
    ...signature,
    apply: crl({ signedBy: 'ask' }),
  },
  crl_of_ask: {
    describes: 'a list of the ASK’s own',
    ...signature,
    apply: crl({ issuer: 'ask' }),
  },
  crl_of_evil_root: {
    describes: 'the ASK is revoked, but somebody signed a shorter list with a key of theirs',
    ...signature,
    apply: crl({ signedBy: 'evil ark' }),
  },
  crl_bit_of_signature: {
    describes: 'one bit of the list’s signature is wrong',
    ...signature,
    apply: crl({ afterSigning: flipBit(-1) }),
  },
  crl_pkcs1: {
    describes: 'a list under RSASSA-PKCS1-v1_5',
    ...format,
    apply: crl({ scheme: 'pkcs1' }),
  },
  crl_pss_salt_not_as_said: {
    describes: 'a list with a salt of 32 bytes where 48 are said',
    ...signature,
    apply: crl({ scheme: 'pss, salt shorter than said' }),
  },
  crl_of_root_without_crl_sign: {
    describes: 'a root of the pinned key that may not sign lists',
    ...signature,
    apply: (plan) => {
      const { ca } = plan.certificates.ark;
      add(plan, 'muteArk', 'ark', { issuer: 'muteArk', ca: { ...ca, usage: 0x04 } });
      plan.handed.chain = ['ask', 'muteArk'];
      crl()(plan);
    },
  },
  crl_empty: {
    describes: 'a CRL of no bytes',
    ...format,
    apply: crl({ afterSigning: truncate(0) }),
  },
  crl_truncated: {
    describes: 'a CRL that ends too early',
    ...format,
    apply: crl({ afterSigning: truncate(400) }),
  },
  crl_tail: {
    describes: 'a byte behind the CRL',
    ...format,
    apply: crl({ afterSigning: append(Uint8Array.of(0)) }),
  },
} as const satisfies SnpFaults;
