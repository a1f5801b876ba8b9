import { flipBit } from '../../damage.ts';
import type { TdxCertificate } from '../hierarchy.ts';
import type { TdxPlan } from '../plan.ts';
import type { TdxFault } from './fault.ts';

/**
 * TCB info and QE identity are signed by the same hierarchy and can be wrong in the same
 * ways. Each fault gives one document a signer of its own, so that the other stays good.
 */
export type Document = 'tcbInfo' | 'qeIdentity';

const CHECKS = {
  tcbInfo: 'tdx.tcb_info',
  qeIdentity: 'tdx.qe_identity',
} as const;

const NAMES = { tcbInfo: 'TCB info', qeIdentity: 'QE identity' } as const;

const MEMBERS = { tcbInfo: 'tcb_info', qeIdentity: 'qe_identity' } as const;

function ownSigner(plan: TdxPlan, document: Document, change: Partial<TdxCertificate>): void {
  plan.certificates['ownSigner'] = { ...plan.certificates.tcbSigner, ...change };
  plan[document].chain = ['ownSigner', 'root'];
}

function signerFault(
  document: Document,
  describes: string,
  apply: (plan: TdxPlan) => void,
): TdxFault {
  return {
    describes: `${NAMES[document]}: ${describes}`,
    fails: [`${CHECKS[document]}.signer`],
    apply,
  };
}

export function signerFaults(document: Document) {
  const check = CHECKS[document];
  const name = NAMES[document];
  const member = MEMBERS[document];
  const changed = (describes: string, change: Partial<TdxCertificate>): TdxFault =>
    signerFault(document, describes, (plan) => ownSigner(plan, document, change));
  const outdated = (describes: string, change: Partial<TdxCertificate>): TdxFault => ({
    describes: `${name}: ${describes}`,
    unresolved: [`${check}.validity`],
    apply: (plan) => ownSigner(plan, document, change),
  });
  const signature = (describes: string, apply: (plan: TdxPlan) => void): TdxFault => ({
    describes: `${name}: ${describes}`,
    fails: [`${check}.signature`],
    apply,
  });
  return {
    signed_by_pck_leaf: signerFault(
      document,
      'signed with one platform’s PCK key, under its own genuine chain',
      (plan) => {
        plan[document].signedBy = 'pck';
        plan[document].chain = ['pck', 'platformCa', 'root'];
      },
    ),
    signed_by_pck_leaf_two_certs: signerFault(
      document,
      'signed with a PCK key, the chain cut to two certificates',
      (plan) => {
        plan[document].signedBy = 'pck';
        plan[document].chain = ['pck', 'root'];
      },
    ),
    signed_by_platform_ca: signerFault(document, 'signed by the PCK CA', (plan) => {
      plan[document].signedBy = 'platform ca';
      plan[document].chain = ['platformCa', 'root'];
    }),
    signed_by_root: signerFault(document, 'signed by the root itself', (plan) => {
      plan[document].signedBy = 'root';
      plan[document].chain = ['root'];
    }),
    chain_evil_root: signerFault(document, 'a whole chain of somebody else’s', (plan) => {
      plan.certificates['evilRoot'] = {
        ...plan.certificates.root,
        key: 'evil root',
        issuer: 'evilRoot',
      };
      ownSigner(plan, document, { key: 'evil signer', issuer: 'evilRoot' });
      plan[document].signedBy = 'evil signer';
      plan[document].chain = ['ownSigner', 'evilRoot'];
    }),
    chain_extra_cert: signerFault(document, 'a third certificate in the chain', (plan) => {
      plan[document].chain = ['tcbSigner', 'platformCa', 'root'];
    }),
    signer_wrong_cn: changed('a signer of another name', { commonName: 'Intel SGX TCB Signer' }),
    signer_is_ca: changed('a signer with cA TRUE', { constraint: 'ca' }),
    signer_without_ku: changed('a signer without key usage', { without: ['keyUsage'] }),
    signer_bad_sig: changed('one bit of the signer’s own signature is wrong', {
      afterSigning: flipBit(-1),
    }),
    signer_issued_by_ca: changed('a signer that the PCK CA issued', { issuer: 'platformCa' }),
    signer_expired: outdated('its signer ended a second ago', {
      notAfter: '2026-05-31T23:59:59Z',
    }),
    signer_not_yet_valid: outdated('its signer begins in a second', {
      notBefore: '2026-06-01T00:00:01Z',
    }),
    signer_revoked: {
      describes: `${name}: the root revoked its signer`,
      fails: [`${check}.revocation`],
      apply: (plan) => {
        const serial = '4d'.repeat(20);
        ownSigner(plan, document, { serial });
        plan.crls.root.revoked.push({ serial, at: '2026-03-20T11:21:57Z' });
      },
    },
    bad_sig: signature('one bit of its signature is wrong', (plan) => {
      plan[document].signature = flipBit(63);
    }),
    sig_zero: signature('r and s are zero', (plan) => {
      plan[document].signature = () => new Uint8Array(64);
    }),
    sig_short: signature('a signature of 63 bytes', (plan) => {
      plan[document].signature = (bytes) => bytes.subarray(0, 63);
    }),
    sig_of_other_key: signature('signed with a key other than that of the chain', (plan) => {
      plan[document].signedBy = 'evil signer';
    }),
    respaced: signature('white space added after signing: the same JSON, other bytes', (plan) => {
      plan[document].afterSigning = (text) => text.replaceAll(',', ', ');
    }),
    number_raised: signature('a higher evaluation number written in after signing', (plan) => {
      plan[document].afterSigning = (text) =>
        text.replace('"tcbEvaluationDataNumber":20', '"tcbEvaluationDataNumber":21');
    }),
    missing: {
      describes: `no ${name}`,
      unresolved: [`${check}.format`],
      apply: (plan) => {
        plan.afterCollateral = (made) => withoutMember(made, member);
      },
    },
    no_signature: {
      describes: `${name} without a signature`,
      unresolved: [`${check}.signature`],
      apply: (plan) => {
        plan.afterCollateral = (made) => withoutMember(made, `${member}_signature`);
      },
    },
    no_chain: {
      describes: `${name} without its issuer chain`,
      unresolved: [`${check}.signer`],
      apply: (plan) => {
        plan.afterCollateral = (made) => withoutMember(made, `${member}_issuer_chain`);
      },
    },
    expired: {
      describes: `${name}: nextUpdate passed a second ago`,
      unresolved: [`${check}.validity`],
      apply: (plan) => {
        plan[document].content.nextUpdate = '2026-05-31T23:59:59Z';
      },
    },
    issue_future: {
      describes: `${name}: issued in a second; Intel’s library does not look`,
      unresolved: [`${check}.validity`],
      apply: (plan) => {
        plan[document].content.issueDate = '2026-06-01T00:00:01Z';
      },
    },
  } as const satisfies Record<string, TdxFault>;
}

function withoutMember<T extends object>(made: T, member: string): T {
  return Object.fromEntries(Object.entries(made).filter(([name]) => name !== member)) as T;
}

type Prefixed<Prefix extends string, Table> = {
  readonly [Name in keyof Table & string as `${Prefix}_${Name}`]: Table[Name];
};

/** The same table under names of its own: `signer_revoked` becomes `tcb_signer_revoked`. */
export function prefixed<const Prefix extends string, Table extends object>(
  prefix: Prefix,
  table: Table,
): Prefixed<Prefix, Table> {
  const entries = Object.entries(table).map(([name, fault]) => [`${prefix}_${name}`, fault]);
  return Object.fromEntries(entries) as Prefixed<Prefix, Table>;
}
