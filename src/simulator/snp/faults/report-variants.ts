import { P384_ORDER } from '../../p384-keys.ts';
import type { SnpFaults } from './fault.ts';
import { platformBit, policyBit } from './guest.ts';
import { cpuid } from './product.ts';
import { fields } from './report.ts';
import { NO_CHIP } from './vek.ts';

export const REPORT_VARIANTS = {
  valid_v5: { describes: 'nothing out of the ordinary' },
  valid_v4: { describes: 'version 4', options: { version: 4 } },
  valid_v3: { describes: 'version 3', options: { version: 3 } },
  valid_v2: {
    describes: 'version 2, which names no processor: the certificate does',
    options: { version: 2 },
  },
  vlek_v5: {
    describes: 'a VLEK signed, which answers for no chip',
    options: { signer: 'vlek' },
    skipped: NO_CHIP,
  },
  vlek_v4: {
    describes: 'a VLEK, version 4',
    options: { signer: 'vlek', version: 4 },
    skipped: NO_CHIP,
  },
  vlek_v3: {
    describes: 'a VLEK, version 3',
    options: { signer: 'vlek', version: 3 },
    skipped: NO_CHIP,
  },
  vlek_v2: {
    describes: 'a VLEK, version 2',
    options: { signer: 'vlek', version: 2 },
    skipped: NO_CHIP,
  },
  v4_mitigation_vectors: {
    describes: 'mitigation vectors in version 4, before they were documented',
    options: { version: 4 },
    apply: fields({ launchMitVector: 0x3n, currentMitVector: 0x0bn }),
  },
  v5_mitigation_vectors_full: {
    describes: 'mitigation vectors with every bit set',
    apply: fields({ launchMitVector: 2n ** 64n - 1n, currentMitVector: 2n ** 64n - 1n }),
  },
  vlek_with_chip_id: {
    describes: 'a VLEK signed a chip id: no certificate answers for it, and it must be said',
    options: { signer: 'vlek' },
    skipped: NO_CHIP,
    apply: fields({ chipId: new Uint8Array(64).fill(0xab) }),
  },
  masked_chip_id: {
    describes: 'a chip id masked to zeros: nothing to compare, and it must be said',
    skipped: NO_CHIP,
    apply: ({ report }) => {
      report.chipId = new Uint8Array(64);
    },
  },
  masked_chip_key: {
    describes: 'MASK_CHIP_KEY, with a chip id masked to zeros',
    options: { signer: 'vlek' },
    skipped: NO_CHIP,
    apply: ({ report }) => {
      report.keyInfo |= 1 << 1;
    },
  },
  author_key: {
    describes: 'an ID block with an author key',
    apply: ({ report }) => {
      report.keyInfo |= 1;
      report.idKeyDigest = new Uint8Array(48).fill(0x1d);
      report.authorKeyDigest = new Uint8Array(48).fill(0xaa);
      report.familyId = new Uint8Array(16).fill(1);
      report.imageId = new Uint8Array(16).fill(2);
      report.guestSvn = 7;
    },
  },
  host_data: {
    describes: 'host data',
    apply: fields({ hostData: new Uint8Array(32).fill(0x4f) }),
  },
  genoa_x: {
    describes: 'Genoa-X, by its stepping',
    products: ['genoa'],
    apply: cpuid(0x19, 0x11, 2),
  },
  bergamo: {
    describes: 'Bergamo, which uses Genoa’s keys',
    products: ['genoa'],
    apply: cpuid(0x19, 0xa0, 2),
  },
  siena_last_model: {
    describes: 'the last model of the Bergamo and Siena range',
    products: ['genoa'],
    apply: cpuid(0x19, 0xaf, 0),
  },
  milan_first_model: {
    describes: 'the first model of the Milan range',
    products: ['milan'],
    apply: cpuid(0x19, 0x00, 0),
  },
  milan_last_model: {
    describes: 'the last model of the Milan range',
    products: ['milan'],
    apply: cpuid(0x19, 0x0f, 0),
  },
  turin_dense: {
    describes: 'Turin Dense',
    products: ['turin'],
    apply: cpuid(0x1a, 0x11, 0),
  },
  committed_below_current: {
    describes: 'provisional firmware: committed TCB and version below current ones',
    apply: ({ report }) => {
      report.currentTcb.snp += 1;
      report.currentTcb.microcode += 1;
      report.current.build += 1;
    },
  },
  reported_below_committed: {
    describes: 'a cloud that reports an older TCB than it runs, with the VEK for it',
    apply: ({ report }) => {
      report.currentTcb.microcode += 3;
      report.committedTcb.microcode += 2;
    },
  },
  no_alias_check: {
    describes: 'ALIAS_CHECK_COMPLETE clear, as on firmware before 2025',
    apply: platformBit(5),
  },
  platform_tio: { describes: 'TIO_EN', apply: platformBit(7) },
  platform_iommu_write_safe: {
    describes: 'bit 6, as on genuine Turin machines',
    apply: platformBit(6),
  },
  platform_no_smt: { describes: 'SMT off', apply: platformBit(0) },
  platform_tsme: { describes: 'TSME on', apply: platformBit(1) },
  platform_zero: {
    describes: 'no bit of the platform information',
    apply: fields({ platformInfo: 0n }),
  },
  platform_bit_allowed: {
    describes: 'an unknown bit that the caller allows',
    skipped: ['snp.platform_info.reserved'],
    apply: platformBit(8),
    asks: () => ({ relax: { platformInfoBits: [8] } }),
  },
  policy_azure: {
    describes: 'the guest policy of one cloud: ABI 0.31',
    apply: fields({ policy: 0x3001fn }),
  },
  policy_single_socket: { describes: 'SINGLE_SOCKET', apply: policyBit(20) },
  policy_aes_xts: { describes: 'MEM_AES_256_XTS', apply: policyBit(22) },
  policy_page_swap_disable: {
    describes: 'PAGE_SWAP_DISABLE, the highest bit that is known',
    apply: policyBit(25),
  },
  vmpl_1_allowed: {
    describes: 'VMPL 1, which the caller allows',
    skipped: ['snp.report.vmpl'],
    apply: fields({ vmpl: 1 }),
    asks: () => ({ relax: { vmpls: [1] } }),
  },
  report_data_asked: {
    describes: 'the report data that was asked for',
    asks: ({ reportData }) => ({ reportData }),
  },
  report_data_short: {
    describes: 'a challenge of 48 bytes with zeros behind it',
    apply: ({ report }) => {
      report.reportData = report.reportData.map((byte, i) => (i < 48 ? byte : 0));
    },
    asks: ({ reportData }) => ({ reportData: reportData.slice(0, 48) }),
  },
  tcb_at_minimum: {
    describes: 'exactly the minimum TCB',
    asks: () => ({ minimumTcb: { bootLoader: 1, tee: 0, snp: 4, microcode: 81 } }),
  },
  tcb_launched_and_committed_at_minimum: {
    describes:
      'launch and committed TCB exactly at their own minimums, both below what is reported',
    apply: ({ report }) => {
      Object.assign(report.launchTcb, { snp: 3 });
      Object.assign(report.committedTcb, { snp: 2 });
    },
    asks: () => ({ minimumLaunchTcb: { snp: 3 }, minimumCommittedTcb: { snp: 2 } }),
  },
  tcb_has_a_fix: {
    describes: 'the fix of a bulletin that was asked for',
    products: ['milan', 'genoa'],
    asks: () => ({ fixes: ['AMD-SB-3019'] }),
  },
  tcb_has_a_fix_of_two_halves: {
    describes: 'firmware and host’s kernel have both done their part of a fix',
    products: ['genoa'],
    apply: fields({ currentMitVector: 0x04n }),
    asks: () => ({ fixes: ['AMD-SB-3015', 'AMD-SB-3016'] }),
  },
  signature_high_s: {
    describes: 'S as its negative modulo the order of the group, which is as good',
    apply: (plan) => {
      plan.signature = (r, s) => [r, P384_ORDER - s];
    },
  },
} as const satisfies SnpFaults;
