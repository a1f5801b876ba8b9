import { append, flipBit, truncate } from '../../damage.ts';
import { simulatorName } from '../certificates.ts';
import type { CaExtensionName, CaProfile, SnpCertificate } from '../hierarchy.ts';
import type { SnpPlan } from '../plan.ts';
import type { RsaSchemeName } from '../rsa-scheme.ts';
import type { SnpFaults } from './fault.ts';
import { add } from './further-certificates.ts';
import { NO_CHIP } from './vek.ts';

const intermediate = { fails: ['snp.vek.intermediate'] } as const;
const chain = { fails: ['snp.vek.chain'] } as const;

const vcek = (change: Partial<SnpCertificate>) => (plan: SnpPlan) => {
  Object.assign(plan.certificates.vcek, change);
};

const ask = (change: Partial<SnpCertificate>) => (plan: SnpPlan) => {
  Object.assign(plan.certificates.ask, change);
};

const askProfile = (change: Partial<CaProfile>) => (plan: SnpPlan) => {
  Object.assign(plan.certificates.ask.ca, change);
};

/** The names of the CA certificates that are handed over. */
const hand =
  (...names: string[]) =>
  ({ handed }: SnpPlan) => {
    handed.chain = names;
  };

function askWithout(name: CaExtensionName, what: string) {
  return {
    describes: `an ASK without ${what}`,
    ...intermediate,
    apply: askProfile({ without: [name] }),
  } as const;
}

function signedBy(certificate: 'vcek' | 'ask', scheme: RsaSchemeName, what: string) {
  return {
    describes: what,
    ...chain,
    apply: ({ certificates }: SnpPlan) => {
      certificates[certificate].scheme = scheme;
    },
  } as const;
}

export const CHAIN_FAULTS = {
  ask_missing_only_root: {
    describes: 'a root, and no intermediate below it',
    unresolved: ['snp.vek.intermediate'],
    apply: hand('ark'),
  },
  ask_is_asvk: {
    describes: 'the ASVK where the ASK belongs',
    ...intermediate,
    apply: hand('asvk'),
  },
  asvk_is_ask: {
    describes: 'the ASK where the ASVK belongs',
    ...intermediate,
    skipped: NO_CHIP,
    options: { signer: 'vlek' },
    apply: hand('ask'),
  },
  ask_is_the_vcek: {
    describes: 'the VCEK as its own intermediate',
    ...intermediate,
    apply: hand('vcek'),
  },
  ask_truncated: {
    describes: 'an ASK that ends too early',
    ...intermediate,
    apply: ask({ afterSigning: truncate(1000) }),
  },
  ask_tail: {
    describes: 'a byte behind the ASK',
    ...intermediate,
    apply: ask({ afterSigning: append(Uint8Array.of(0)) }),
  },
  ask_not_ca: {
    describes: 'an ASK that is no CA',
    ...intermediate,
    apply: askProfile({ constraint: 'end-entity', pathLength: undefined }),
  },
  ask_no_key_cert_sign: {
    describes: 'an ASK that may sign CRLs only',
    ...intermediate,
    apply: askProfile({ usage: 0x02 }),
  },
  ask_no_key_usage: askWithout('keyUsage', 'key usage'),
  ask_no_basic_constraints: askWithout('basicConstraints', 'basic constraints'),
  ask_key_p384: {
    describes: 'an ASK with a P-384 key',
    fails: ['snp.vek.intermediate', 'snp.vek.chain'],
    apply: (plan) => {
      add(plan, 'ecAsk', 'ask', { keyType: 'P-384' });
      plan.handed.chain = ['ecAsk'];
    },
  },
  vcek_of_no_issuer: {
    describes: 'a VCEK certificate that names no CA of AMD’s as its issuer',
    fails: ['snp.vek.format'],
    apply: vcek({ issuerName: simulatorName('Somebody') }),
  },
  vcek_signed_by_ark: {
    describes: 'the root signed the VCEK certificate itself',
    fails: ['snp.vek.format'],
    apply: vcek({ issuer: 'ark' }),
  },
  vcek_signed_by_ark_as_ask: {
    describes: 'the root signed the VCEK certificate in the name of the ASK',
    ...chain,
    apply: vcek({ signedBy: 'ark' }),
  },
  vcek_signed_by_asvk: {
    describes: 'the ASVK signed a VCEK certificate in the name of the ASK',
    ...chain,
    apply: vcek({ signedBy: 'asvk' }),
  },
  vcek_of_evil_ask: {
    describes: 'somebody signed the VCEK certificate with a key of theirs',
    ...chain,
    apply: vcek({ signedBy: 'evil ask' }),
  },
  vcek_bit_of_signature: {
    describes: 'one bit of the VCEK certificate’s signature is wrong',
    ...chain,
    apply: vcek({ afterSigning: flipBit(-1) }),
  },
  vcek_issuer_other_organization: {
    describes: 'the name of the issuer differs in its organisation',
    ...intermediate,
    apply: ({ certificates: { vcek: leaf, ask: issuer } }) => {
      leaf.issuerName = { ...issuer.subject, organization: 'Postern Simulators' };
    },
  },
  vcek_of_asvk: {
    describes: 'a VCEK certificate that the ASVK issued in its own name',
    fails: ['snp.vek.kind'],
    apply: (plan) => {
      plan.certificates.vcek.issuer = 'asvk';
      plan.handed.chain = ['asvk'];
    },
  },
  vlek_of_ask: {
    describes: 'a VLEK certificate that the ASK issued in its own name',
    fails: ['snp.vek.kind'],
    skipped: NO_CHIP,
    options: { signer: 'vlek' },
    apply: (plan) => {
      plan.certificates.vlek.issuer = 'ask';
      plan.handed.chain = ['ask'];
    },
  },
  vcek_pss_salt_32: signedBy('vcek', 'pss with salt of 32', 'a salt of 32 bytes'),
  vcek_pss_sha256: signedBy('vcek', 'pss with SHA-256', 'PSS with SHA-256'),
  vcek_pss_salt_not_as_said: signedBy(
    'vcek',
    'pss, salt shorter than said',
    'a salt of 32 bytes where 48 are said',
  ),
  vcek_pss_hash_not_as_said: signedBy(
    'vcek',
    'pss, hash other than said',
    'PSS with SHA-256 where SHA-384 is said',
  ),
  vcek_pkcs1: {
    ...signedBy('vcek', 'pkcs1', 'RSASSA-PKCS1-v1_5'),
    fails: ['snp.vek.format'],
  },
  vcek_pkcs1_as_pss: signedBy(
    'vcek',
    'pkcs1 under the name of pss',
    'RSASSA-PKCS1-v1_5 where PSS is said',
  ),
  ask_pkcs1: {
    ...signedBy('ask', 'pkcs1', 'an ASK under RSASSA-PKCS1-v1_5'),
    ...intermediate,
  },
  ask_bit_of_signature: {
    describes: 'one bit of the ASK’s signature is wrong',
    ...chain,
    apply: ask({ afterSigning: flipBit(-1) }),
  },
  ask_signed_by_itself: {
    describes: 'the ASK signed itself in the name of the root',
    ...chain,
    apply: ask({ signedBy: 'ask' }),
  },
  ask_forged: {
    describes: 'an ASK of somebody else’s key that names the genuine root',
    ...chain,
    apply: ask({ key: 'evil ask', signedBy: 'evil ark' }),
  },
} as const satisfies SnpFaults;
