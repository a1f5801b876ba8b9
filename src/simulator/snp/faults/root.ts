import { flipBit } from '../../damage.ts';
import type { SnpCertificate } from '../hierarchy.ts';
import type { SnpPlan } from '../plan.ts';
import type { SnpFaults } from './fault.ts';
import { add, addEvilRoot, forgeHierarchy } from './further-certificates.ts';
import { NO_CHIP } from './vek.ts';

const chain = { fails: ['snp.vek.chain'] } as const;
const root = { fails: ['snp.vek.root'] } as const;
const validity = { fails: ['snp.vek.validity'] } as const;

const vcek = (change: Partial<SnpCertificate>) => (plan: SnpPlan) => {
  Object.assign(plan.certificates.vcek, change);
};

const ask = (change: Partial<SnpCertificate>) => (plan: SnpPlan) => {
  Object.assign(plan.certificates.ask, change);
};

export const ROOT_FAULTS = {
  root_path_length_0: {
    describes: 'a root of the pinned key that allows no CA below itself',
    ...chain,
    apply: (plan) => {
      const { ca } = plan.certificates.ark;
      add(plan, 'narrowArk', 'ark', { ca: { ...ca, pathLength: 0 }, issuer: 'narrowArk' });
      plan.handed.chain = ['ask', 'narrowArk'];
    },
  },
  hierarchy_forged: {
    describes: 'all of AMD’s names under a root of somebody else’s, which comes along',
    fails: ['snp.vek.chain', 'snp.vek.root'],
    apply: (plan) => {
      forgeHierarchy(plan);
      plan.handed.chain = ['ask', 'evilArk'];
    },
  },
  hierarchy_forged_without_root: {
    describes: 'the same, and the root is not handed over',
    ...chain,
    apply: forgeHierarchy,
  },
  root_exchanged: {
    describes: 'a genuine chain, and a root of somebody else’s beside it',
    ...root,
    apply: (plan) => {
      addEvilRoot(plan);
      plan.handed.chain = ['ask', 'evilArk'];
    },
  },
  root_self_signature_broken: {
    describes: 'a root of the pinned key whose own signature is wrong',
    ...root,
    apply: (plan) => {
      add(plan, 'brokenArk', 'ark', { issuer: 'brokenArk', afterSigning: flipBit(-1) });
      plan.handed.chain = ['ask', 'brokenArk'];
    },
  },
  root_not_ca: {
    describes: 'a root of the pinned key that is no CA',
    ...root,
    apply: (plan) => {
      const { ca } = plan.certificates.ark;
      add(plan, 'leafArk', 'ark', { ca: { ...ca, constraint: 'end-entity' }, issuer: 'leafArk' });
      plan.handed.chain = ['ask', 'leafArk'];
    },
  },
  vcek_expired: {
    describes: 'the VCEK certificate ended a second ago',
    ...validity,
    apply: vcek({ notAfter: '2026-05-31T23:59:59Z' }),
  },
  vcek_not_yet_valid: {
    describes: 'the VCEK certificate begins in a second',
    ...validity,
    apply: vcek({ notBefore: '2026-06-01T00:00:01Z' }),
  },
  vlek_expired: {
    describes: 'the VLEK certificate, good for a year, ended a second ago',
    ...validity,
    skipped: NO_CHIP,
    options: { signer: 'vlek' },
    apply: ({ certificates }) => {
      certificates.vlek.notAfter = '2026-05-31T23:59:59Z';
    },
  },
  ask_expired: {
    describes: 'the ASK ended a second ago',
    ...validity,
    apply: ask({ notAfter: '2026-05-31T23:59:59Z' }),
  },
  ask_not_yet_valid: {
    describes: 'the ASK begins in a second',
    ...validity,
    apply: ask({ notBefore: '2026-06-01T00:00:01Z' }),
  },
  root_expired: {
    describes: 'a root of the pinned key that ended a second ago',
    ...validity,
    apply: (plan) => {
      add(plan, 'agedArk', 'ark', { issuer: 'agedArk', notAfter: '2026-05-31T23:59:59Z' });
      plan.handed.chain = ['ask', 'agedArk'];
    },
  },
  evidence_from_before: {
    describes: 'everything verified at a time before any of it was issued',
    ...validity,
    apply: (plan) => {
      plan.at = Date.UTC(2019, 0, 1);
    },
  },
} as const satisfies SnpFaults;
