import { utf8 } from '../../../core/bytes/text.ts';
import { concatBytes } from '../../../core/bytes/writer.ts';
import { toPem } from '../../../core/encoding/pem.ts';
import { append, flipBit, truncate } from '../../damage.ts';
import { derNumber } from '../../der-writer.ts';
import { simulatorName } from '../certificates.ts';
import type { SnpCertificate } from '../hierarchy.ts';
import type { SnpPlan } from '../plan.ts';
import type { Tcb } from '../product.ts';
import { ia5, type VekExtensionName } from '../vek-extensions.ts';
import type { SnpFaults } from './fault.ts';

const format = { fails: ['snp.vek.format'] } as const;
const kind = { fails: ['snp.vek.kind'] } as const;
const hwid = { fails: ['snp.vek.hwid'] } as const;
const tcb = { fails: ['snp.vek.tcb'] } as const;
const signingKey = { fails: ['snp.report.signing_key'] } as const;

/** A VLEK is no chip’s, and a masked chip id is nobody’s: that nothing was compared is said. */
export const NO_CHIP = ['snp.vek.hwid'] as const;

const vcek = (change: Partial<SnpCertificate>) => (plan: SnpPlan) => {
  Object.assign(plan.certificates.vcek, change);
};

const keyInfo = (signer: number) => (plan: SnpPlan) => {
  plan.report.keyInfo = signer << 2;
};

/** The certificate was issued for a TCB that is one higher in one component. */
function splAbove(component: keyof Tcb, name: VekExtensionName, what: string) {
  return {
    describes: `a certificate for one ${what} above the reported one`,
    ...tcb,
    apply: ({ certificates, report }: SnpPlan) => {
      certificates.vcek.vek[name] = derNumber(report.reportedTcb[component] + 1);
    },
  } as const;
}

/** The report says one less than its certificate. */
function reportedBelow(component: keyof Tcb, what: string) {
  return {
    describes: `a reported ${what} one below the certificate’s`,
    ...tcb,
    apply: ({ report }: SnpPlan) => {
      report.reportedTcb[component] -= 1;
    },
  } as const;
}

export const VEK_FAULTS = {
  vek_missing: {
    describes: 'no certificate for the signer',
    unresolved: ['snp.vek.format'],
    apply: ({ handed }) => {
      handed.vek = undefined;
    },
  },
  vek_empty: {
    describes: 'a certificate of no bytes',
    ...format,
    apply: vcek({ afterSigning: truncate(0) }),
  },
  vek_truncated: {
    describes: 'a certificate that ends too early',
    ...format,
    apply: vcek({ afterSigning: truncate(1000) }),
  },
  vek_tail: {
    describes: 'a byte behind the certificate',
    ...format,
    apply: vcek({ afterSigning: append(Uint8Array.of(0)) }),
  },
  vek_twice: {
    describes: 'two certificates in PEM, where one is meant',
    ...format,
    apply: vcek({
      afterSigning: (der) => {
        const pem = utf8(toPem(der, 'CERTIFICATE'));
        return concatBytes(pem, pem);
      },
    }),
  },
  vek_pem_label: {
    describes: 'a certificate in PEM under the label of something else',
    ...format,
    apply: vcek({ afterSigning: (der) => utf8(toPem(der, 'PRIVATE KEY')) }),
  },
  vek_text_before_pem: {
    describes: 'text before the PEM block, which a lenient reader would skip',
    ...format,
    apply: vcek({ afterSigning: (der) => utf8(`VCEK:\n${toPem(der, 'CERTIFICATE')}`) }),
  },
  vek_key_p256: {
    describes: 'a certificate whose key is on the wrong curve',
    ...format,
    apply: vcek({ keyType: 'P-256' }),
  },
  vek_key_rsa: {
    describes: 'a certificate with an RSA key',
    ...format,
    apply: vcek({ keyType: 'RSA-4096', key: 'ask' }),
  },
  vek_is_ca: {
    describes: 'a certificate that says it is a CA',
    ...format,
    apply: ({ certificates: { vcek: leaf, ask } }) => {
      Object.assign(leaf, { ca: { ...ask.ca, without: [] } });
    },
  },
  vek_is_the_ask: {
    describes: 'the intermediate in the place of the VCEK',
    ...format,
    apply: ({ handed }) => {
      handed.vek = 'ask';
    },
  },
  signer_none: {
    describes: 'nobody signed, says KEY_INFO',
    ...signingKey,
    apply: keyInfo(7),
  },
  signer_reserved_2: { describes: 'SIGNING_KEY 2', ...signingKey, apply: keyInfo(2) },
  signer_reserved_6: { describes: 'SIGNING_KEY 6', ...signingKey, apply: keyInfo(6) },
  signer_vlek_but_vcek_signed: {
    describes: 'KEY_INFO says VLEK, and a VCEK signed',
    ...kind,
    skipped: NO_CHIP,
    apply: keyInfo(1),
  },
  signer_vcek_but_vlek_signed: {
    describes: 'KEY_INFO says VCEK, and a VLEK signed: it would answer for no chip',
    ...kind,
    skipped: NO_CHIP,
    options: { signer: 'vlek' },
    apply: keyInfo(0),
  },
  vlek_in_the_vcek_slot: {
    describes: 'a report of a VCEK, with a VLEK certificate for it',
    fails: ['snp.vek.kind', 'snp.report.signature'],
    apply: ({ handed }) => {
      handed.vek = 'vlek';
      handed.chain = ['asvk'];
    },
  },
  vcek_called_vlek: {
    describes: 'a VCEK certificate by its extensions, a VLEK by its name',
    ...kind,
    apply: vcek({ subject: simulatorName('SEV-VLEK') }),
  },
  vcek_called_by_half_its_name: {
    describes: 'a certificate called VCEK, without the SEV',
    ...kind,
    apply: vcek({ subject: simulatorName('VCEK') }),
  },
  vcek_with_csp_id: {
    describes: 'a VCEK certificate that is a cloud provider’s besides',
    ...kind,
    apply: ({ certificates }) => {
      certificates.vcek.vek.cspID = ia5('CN=cloud.simulator.postern');
    },
  },
  vcek_without_hwid: {
    describes: 'a VCEK certificate for no chip',
    fails: ['snp.vek.extensions'],
    apply: ({ certificates }) => {
      Reflect.deleteProperty(certificates.vcek.vek, 'hwID');
    },
  },
  vlek_with_hwid: {
    describes: 'a VLEK certificate for a chip',
    ...kind,
    skipped: NO_CHIP,
    options: { signer: 'vlek' },
    apply: ({ certificates: { vcek: leaf, vlek } }) => {
      Object.assign(vlek.vek, { hwID: leaf.vek.hwID });
    },
  },
  vlek_without_csp_id: {
    describes: 'a VLEK certificate for no cloud provider',
    fails: ['snp.vek.extensions'],
    options: { signer: 'vlek' },
    apply: ({ certificates }) => {
      Reflect.deleteProperty(certificates.vlek.vek, 'cspID');
    },
  },
  hwid_other_chip: {
    describes: 'the certificate of another chip of the same TCB',
    ...hwid,
    apply: ({ certificates }) => {
      const own = certificates.vcek.vek.hwID ?? new Uint8Array();
      certificates.vcek.vek.hwID = flipBit(-1)(own);
    },
  },
  chip_id_other_at_the_end: {
    describes: 'a chip id that differs from the certificate’s in its last byte in use',
    ...hwid,
    apply: ({ certificates, report }) => {
      const length = certificates.vcek.vek.hwID?.length ?? 0;
      report.chipId = flipBit(length - 1)(report.chipId);
    },
  },
  chip_id_with_a_tail: {
    describes: 'a chip id with a byte behind the eight that are in use',
    ...hwid,
    products: ['turin'],
    apply: ({ report }) => {
      report.chipId = flipBit(63)(report.chipId);
    },
  },
  bl_spl_above: splAbove('bootLoader', 'blSPL', 'boot loader'),
  tee_spl_above: splAbove('tee', 'teeSPL', 'TEE'),
  snp_spl_above: splAbove('snp', 'snpSPL', 'SNP firmware'),
  ucode_spl_above: splAbove('microcode', 'ucodeSPL', 'microcode'),
  fmc_spl_above: { ...splAbove('fmc', 'fmcSPL', 'FMC'), products: ['turin'] },
  reported_bl_below: reportedBelow('bootLoader', 'boot loader'),
  reported_snp_below: reportedBelow('snp', 'SNP firmware'),
  reported_ucode_below: reportedBelow('microcode', 'microcode'),
  reported_fmc_below: { ...reportedBelow('fmc', 'FMC'), products: ['turin'] },
  reported_reserved_byte: {
    describes: 'a byte of the reported TCB in use that has no component',
    ...tcb,
    apply: (plan) => {
      plan.beforeSigning = flipBit(0x180 + 4);
    },
  },
  spl5_above: {
    describes: 'a certificate for an SPL 5, which the reported TCB does not have',
    ...tcb,
    apply: ({ certificates }) => {
      certificates.vcek.vek.spl5 = derNumber(1);
    },
  },
  vlek_tcb_differs: {
    describes: 'a VLEK of another TCB',
    ...tcb,
    skipped: NO_CHIP,
    options: { signer: 'vlek' },
    apply: ({ certificates: { vlek }, report }) => {
      vlek.vek.snpSPL = derNumber(report.reportedTcb.snp + 1);
    },
  },
} as const satisfies SnpFaults;
