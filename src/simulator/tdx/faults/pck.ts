import { utf8 } from '../../../core/bytes/text.ts';
import type { ExtensionName } from '../../certificates.ts';
import { flipBit } from '../../damage.ts';
import { derBoolean } from '../../der-writer.ts';
import type { TdxCertificate } from '../hierarchy.ts';
import type { TdxPlan } from '../plan.ts';
import type { SgxExtensionContent } from '../sgx-extension.ts';
import type { TdxFaults } from './fault.ts';

const certificates = { fails: ['tdx.pck.certificates'] } as const;
const chain = { fails: ['tdx.pck.chain'] } as const;
const validity = { fails: ['tdx.pck.validity'] } as const;
const extension = { fails: ['tdx.pck.extension'] } as const;
const revocation = { fails: ['tdx.pck.revocation'] } as const;

const leaf = (change: Partial<TdxCertificate>) => (plan: TdxPlan) => {
  Object.assign(plan.certificates.pck, change);
};

const ca = (change: Partial<TdxCertificate>) => (plan: TdxPlan) => {
  Object.assign(plan.certificates.platformCa, change);
};

const sgx = (change: Partial<SgxExtensionContent>) => (plan: TdxPlan) => {
  Object.assign(plan.certificates.pck.sgx, change);
};

/** A further certificate, like one that is there already. */
function add(
  { certificates: all }: TdxPlan,
  name: string,
  like: string,
  change: Partial<TdxCertificate>,
): void {
  const model = all[like];
  if (model === undefined) throw new RangeError(`no certificate ${like}`);
  all[name] = { ...model, ...change };
}

function without(name: ExtensionName, what: string) {
  return {
    describes: `a PCK certificate without ${what}`,
    ...certificates,
    apply: leaf({ without: [name] }),
  } as const;
}

export const PCK_FAULTS = {
  chain_not_pem: {
    describes: 'certification data of type 5 that is no PEM',
    ...certificates,
    apply: (plan) => {
      plan.certification = () => utf8('no certificate');
    },
  },
  chain_text_between: {
    describes: 'text between the PEM blocks, which a lenient reader would skip',
    ...certificates,
    apply: (plan) => {
      plan.certification = (pem) => Uint8Array.of(...utf8('Bag Attributes\n'), ...pem);
    },
  },
  chain_two_certs: {
    describes: 'the root is missing',
    ...certificates,
    apply: (plan) => {
      plan.chain = ['pck', 'platformCa'];
    },
  },
  chain_extra_cert: {
    describes: 'a fourth certificate that no signature needs',
    ...certificates,
    apply: (plan) => {
      plan.chain = ['pck', 'platformCa', 'root', 'tcbSigner'];
    },
  },
  chain_leaf_twice: {
    describes: 'the PCK certificate twice and no CA',
    ...certificates,
    apply: (plan) => {
      plan.chain = ['pck', 'pck', 'root'];
    },
  },
  chain_leaf_issued_by_pck_leaf: {
    describes: 'somebody with one platform’s PCK key mints a PCK certificate',
    ...certificates,
    apply: (plan) => {
      add(plan, 'minted', 'pck', { issuer: 'pck', key: 'minted pck' });
      plan.chain = ['minted', 'pck', 'root'];
      plan.qeReportSignedBy = 'minted pck';
    },
  },
  chain_leaf_issued_by_tcb_signer: {
    describes: 'a PCK certificate issued by the TCB signing certificate',
    ...certificates,
    apply: (plan) => {
      add(plan, 'minted', 'pck', { issuer: 'tcbSigner', key: 'minted pck' });
      plan.chain = ['minted', 'tcbSigner', 'root'];
      plan.qeReportSignedBy = 'minted pck';
    },
  },
  leaf_wrong_cn: {
    describes: 'a leaf of another common name',
    ...certificates,
    apply: leaf({ commonName: 'Intel SGX Attestation' }),
  },
  ca_wrong_cn: {
    describes: 'an intermediate CA of a name that merely begins right',
    ...certificates,
    apply: ca({ commonName: 'Intel SGX PCK Platform CA 2' }),
  },
  leaf_is_ca: {
    describes: 'a PCK certificate with cA TRUE',
    ...certificates,
    apply: leaf({ constraint: 'ca' }),
  },
  leaf_ca_usage: {
    describes: 'a PCK certificate that may sign certificates but no data',
    ...certificates,
    apply: leaf({ usage: 'ca' }),
  },
  ca_not_ca: {
    describes: 'an intermediate with cA FALSE',
    ...certificates,
    apply: ca({ constraint: 'end-entity', pathLength: undefined }),
  },
  ca_leaf_usage: {
    describes: 'an intermediate CA without keyCertSign',
    ...certificates,
    apply: ca({ usage: 'end-entity' }),
  },
  leaf_without_aki: without('authorityKeyIdentifier', 'authority key identifier'),
  leaf_without_crldp: without('crlDistributionPoints', 'CRL distribution points'),
  leaf_without_ski: without('subjectKeyIdentifier', 'subject key identifier'),
  leaf_without_ku: without('keyUsage', 'key usage'),
  leaf_without_bc: without('basicConstraints', 'basic constraints'),
  leaf_unknown_critical: {
    describes: 'a PCK certificate with a critical extension that nobody knows',
    ...certificates,
    apply: leaf({
      more: [{ oid: '1.3.6.1.4.1.1', critical: 'critical', value: derBoolean(true) }],
    }),
  },
  pck_leaf_bad_sig: {
    describes: 'one bit of the PCK certificate’s signature is wrong',
    ...chain,
    apply: leaf({ afterSigning: flipBit(-1) }),
  },
  platform_ca_bad_sig: {
    describes: 'one bit of the PCK CA’s signature is wrong',
    ...chain,
    apply: ca({ afterSigning: flipBit(-1) }),
  },
  leaf_issuer_name_other: {
    describes: 'a PCK certificate that names the other PCK CA, signed by this one’s key',
    ...chain,
    apply: (plan) => {
      add(plan, 'processorCa', 'platformCa', { commonName: 'Intel SGX PCK Processor CA' });
      plan.certificates.pck.issuer = 'processorCa';
    },
  },
  leaf_issuer_key_other: {
    describes: 'a PCK certificate signed by another key under the PCK CA’s name',
    ...chain,
    apply: (plan) => {
      add(plan, 'otherCa', 'platformCa', { key: 'another platform ca' });
      plan.certificates.pck.issuer = 'otherCa';
    },
  },
  root_path_length_zero: {
    describes: 'a root of the pinned key that allows no CA below itself',
    ...chain,
    apply: (plan) => {
      add(plan, 'narrowRoot', 'root', { pathLength: 0 });
      plan.chain = ['pck', 'platformCa', 'narrowRoot'];
    },
  },
  chain_evil_root: {
    describes: 'a root of the right name with somebody else’s key, above the genuine PCK CA key',
    fails: ['tdx.pck.root'],
    apply: (plan) => {
      add(plan, 'evilRoot', 'root', { key: 'evil root', issuer: 'evilRoot' });
      add(plan, 'evilCa', 'platformCa', { issuer: 'evilRoot' });
      plan.chain = ['pck', 'evilCa', 'evilRoot'];
    },
  },
  root_bad_sig: {
    describes: 'a root of the pinned key whose own signature is wrong',
    fails: ['tdx.pck.root'],
    apply: (plan) => {
      add(plan, 'brokenRoot', 'root', { afterSigning: flipBit(-1) });
      plan.chain = ['pck', 'platformCa', 'brokenRoot'];
    },
  },
  other_world: {
    describes: 'everything consistent, under a root that nobody trusts',
    fails: [
      'tdx.pck.root',
      'tdx.root_crl.signature',
      'tdx.tcb_info.signer',
      'tdx.qe_identity.signer',
    ],
    unresolved: ['tdx.pck.revocation'],
    apply: ({ certificates: all }) => {
      all.root.key = 'evil root';
    },
  },
  pck_leaf_expired: {
    describes: 'the PCK certificate ended a second ago',
    ...validity,
    apply: leaf({ notAfter: '2026-05-31T23:59:59Z' }),
  },
  pck_leaf_not_yet_valid: {
    describes: 'the PCK certificate begins in a second; Intel’s library does not look',
    ...validity,
    apply: leaf({ notBefore: '2026-06-01T00:00:01Z' }),
  },
  platform_ca_expired: {
    describes: 'the PCK CA ended a second ago',
    ...validity,
    apply: ca({ notAfter: '2026-05-31T23:59:59Z' }),
  },
  platform_ca_not_yet_valid: {
    describes: 'the PCK CA begins in a second',
    ...validity,
    apply: ca({ notBefore: '2026-06-01T00:00:01Z' }),
  },
  root_expired: {
    describes: 'a root of the pinned key that ended a second ago',
    ...validity,
    apply: (plan) => {
      add(plan, 'agedRoot', 'root', { notAfter: '2026-05-31T23:59:59Z' });
      plan.chain = ['pck', 'platformCa', 'agedRoot'];
    },
  },
  leaf_no_sgx_ext: {
    describes: 'a PCK certificate without Intel’s SGX extension',
    ...extension,
    apply: ({ certificates: all }) => {
      Reflect.deleteProperty(all.pck, 'sgx');
    },
  },
  sgx_ext_six_elements: {
    describes: 'an SGX extension with neither five nor seven elements',
    ...extension,
    apply: sgx({ without: [7] }),
  },
  sgx_ext_without_fmspc: {
    describes: 'an SGX extension of five elements, the FMSPC not among them',
    ...extension,
    apply: sgx({ without: [4, 6] }),
  },
  sgx_ext_fmspc_short: {
    describes: 'an FMSPC of five bytes',
    ...extension,
    apply: sgx({ fmspc: new Uint8Array(5) }),
  },
  sgx_ext_component_missing: {
    describes: 'fifteen component SVNs',
    ...extension,
    apply: sgx({ components: new Array<number>(15).fill(5) }),
  },
  sgx_ext_component_256: {
    describes: 'a component SVN that does not fit its byte',
    ...extension,
    apply: sgx({ components: [256, ...new Array<number>(15).fill(5)] }),
  },
  sgx_ext_type9: {
    describes: 'an SGX type that does not exist',
    ...extension,
    apply: sgx({ sgxType: 9 }),
  },
  pck_revoked: {
    describes: 'the PCK CA revoked this platform',
    ...revocation,
    apply: ({ certificates: all, crls }) => {
      crls.pck.revoked.push({ serial: all.pck.serial, at: '2026-05-20T10:41:15Z' });
    },
  },
  platform_ca_revoked: {
    describes: 'the root revoked the PCK CA',
    ...revocation,
    apply: ({ certificates: all, crls }) => {
      crls.root.revoked.push({ serial: all.platformCa.serial, at: '2026-03-20T11:21:57Z' });
    },
  },
} as const satisfies TdxFaults;
