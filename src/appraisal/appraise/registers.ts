import type { SnpReport } from '../../evidence/snp/report.ts';
import type { TdReport } from '../../evidence/tdx/td-report.ts';
import type { PolicyCheckId } from './checks.ts';

/** Registers by the policy's names, in the order in which they are reported. */
export const TDX_REGISTERS = {
  mrTd: 'policy.tdx.mr_td',
  rtmr0: 'policy.tdx.rtmr0',
  rtmr1: 'policy.tdx.rtmr1',
  rtmr2: 'policy.tdx.rtmr2',
  rtmr3: 'policy.tdx.rtmr3',
  mrConfigId: 'policy.tdx.mr_config_id',
  mrOwner: 'policy.tdx.mr_owner',
  mrOwnerConfig: 'policy.tdx.mr_owner_config',
  mrServiceTd: 'policy.tdx.mr_service_td',
} as const satisfies Record<string, PolicyCheckId>;

export const SNP_REGISTERS = {
  measurement: 'policy.snp.measurement',
  hostData: 'policy.snp.host_data',
  familyId: 'policy.snp.family_id',
  imageId: 'policy.snp.image_id',
  idKeyDigest: 'policy.snp.id_key_digest',
  authorKeyDigest: 'policy.snp.author_key_digest',
  minGuestSvn: 'policy.snp.guest_svn',
} as const satisfies Record<string, PolicyCheckId>;

/** What the evidence has in a register; undefined where this version of it has no such register. */
export type RegisterValues = Readonly<Record<string, Uint8Array | number | undefined>>;

export function tdxValues(body: TdReport): RegisterValues {
  const [rtmr0, rtmr1, rtmr2, rtmr3] = body.rtmrs;
  const { mrTd, mrConfigId, mrOwner, mrOwnerConfig, td15 } = body;
  return {
    mrTd,
    rtmr0,
    rtmr1,
    rtmr2,
    rtmr3,
    mrConfigId,
    mrOwner,
    mrOwnerConfig,
    mrServiceTd: td15?.mrServiceTd,
  };
}

export function snpValues(report: SnpReport): RegisterValues {
  const { measurement, hostData, familyId, imageId, idKeyDigest, authorKeyDigest } = report;
  return {
    measurement,
    hostData,
    familyId,
    imageId,
    idKeyDigest,
    authorKeyDigest,
    minGuestSvn: report.guestSvn,
  };
}
