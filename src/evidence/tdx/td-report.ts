import { ByteReader } from '../../core/bytes/reader.ts';

/** Body types of a version 5 quote; a version 4 quote always holds `td10`. */
export const TD_BODY = {
  td10: { type: 2, size: 584 },
  td15: { type: 3, size: 648 },
  td15ex: { type: 4, size: 885 },
} as const;

/**
 * The TD report body (Intel TDX DCAP Quoting Library API, section A.3).
 *
 * | offset | size | field            | offset | size | field          |
 * |-------:|-----:|------------------|-------:|-----:|----------------|
 * |      0 |   16 | TEE_TCB_SVN      |    280 |   48 | MROWNERCONFIG  |
 * |     16 |   48 | MRSEAM           |    328 |   48 | RTMR0          |
 * |     64 |   48 | MRSIGNERSEAM     |    376 |   48 | RTMR1          |
 * |    112 |    8 | SEAMATTRIBUTES   |    424 |   48 | RTMR2          |
 * |    120 |    8 | TDATTRIBUTES     |    472 |   48 | RTMR3          |
 * |    128 |    8 | XFAM             |    520 |   64 | REPORTDATA     |
 * |    136 |   48 | MRTD             |    584 |   16 | TEE_TCB_SVN_2  |
 * |    184 |   48 | MRCONFIGID       |    600 |   48 | MRSERVICETD    |
 * |    232 |   48 | MROWNER          |        |      |                |
 */
export interface TdReport {
  readonly teeTcbSvn: Uint8Array;
  readonly mrSeam: Uint8Array;
  readonly mrSignerSeam: Uint8Array;
  readonly seamAttributes: Uint8Array;
  readonly tdAttributes: Uint8Array;
  readonly xfam: Uint8Array;
  readonly mrTd: Uint8Array;
  readonly mrConfigId: Uint8Array;
  readonly mrOwner: Uint8Array;
  readonly mrOwnerConfig: Uint8Array;
  readonly rtmrs: readonly [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  readonly reportData: Uint8Array;
  /** TD 1.5 and later. */
  readonly td15: Td15Fields | undefined;
  /** TD 1.5-EX only. */
  readonly td15ex: Td15ExFields | undefined;
}

export interface Td15Fields {
  /** The SVNs of the module that runs now; `teeTcbSvn` holds those the TD was launched under. */
  readonly teeTcbSvn2: Uint8Array;
  readonly mrServiceTd: Uint8Array;
}

/**
 * What the extended body of TD preserving adds.
 *
 * | offset | size | field                     | offset | size | field                    |
 * |-------:|-----:|---------------------------|-------:|-----:|--------------------------|
 * |    648 |    1 | VMID                      |    785 |   16 | INIT_CPU_SVN             |
 * |    649 |   32 | TD_ID                     |    801 |   16 | INIT_TEE_TCB_SVN         |
 * |    681 |   48 | DEV_INFO                  |    817 |   12 | INIT_TEE_FMSPC           |
 * |    729 |   48 | INIT_SERV_TD_HASH         |    829 |   48 | CUR_SERV_TD_HASH         |
 * |    777 |    8 | INIT_SERV_TD_ATTRIBUTES   |    877 |    8 | CUR_SERV_TD_ATTRIBUTES   |
 */
export interface Td15ExFields {
  readonly vmId: number;
  readonly tdId: Uint8Array;
  readonly devInfo: Uint8Array;
  readonly initServTdHash: Uint8Array;
  readonly initServTdAttributes: Uint8Array;
  readonly initCpuSvn: Uint8Array;
  readonly initTeeTcbSvn: Uint8Array;
  readonly initTeeFmspc: Uint8Array;
  readonly curServTdHash: Uint8Array;
  readonly curServTdAttributes: Uint8Array;
}

/** @param bytes exactly the body; its length says which of the three it is. */
export function parseTdReport(bytes: Uint8Array, path: string): TdReport {
  const r = new ByteReader(bytes, path);
  const base = {
    teeTcbSvn: r.bytes(16, 'tee_tcb_svn'),
    mrSeam: r.bytes(48, 'mr_seam'),
    mrSignerSeam: r.bytes(48, 'mr_signer_seam'),
    seamAttributes: r.bytes(8, 'seam_attributes'),
    tdAttributes: r.bytes(8, 'td_attributes'),
    xfam: r.bytes(8, 'xfam'),
    mrTd: r.bytes(48, 'mr_td'),
    mrConfigId: r.bytes(48, 'mr_config_id'),
    mrOwner: r.bytes(48, 'mr_owner'),
    mrOwnerConfig: r.bytes(48, 'mr_owner_config'),
    rtmrs: [
      r.bytes(48, 'rtmr0'),
      r.bytes(48, 'rtmr1'),
      r.bytes(48, 'rtmr2'),
      r.bytes(48, 'rtmr3'),
    ] as const,
    reportData: r.bytes(64, 'report_data'),
  };
  const td15 = bytes.length > TD_BODY.td10.size ? parseTd15(r) : undefined;
  const td15ex = bytes.length > TD_BODY.td15.size ? parseTd15Ex(r) : undefined;
  r.end();
  return { ...base, td15, td15ex };
}

function parseTd15(r: ByteReader): Td15Fields {
  return {
    teeTcbSvn2: r.bytes(16, 'tee_tcb_svn2'),
    mrServiceTd: r.bytes(48, 'mr_service_td'),
  };
}

function parseTd15Ex(r: ByteReader): Td15ExFields {
  return {
    vmId: r.u8('vm_id'),
    tdId: r.bytes(32, 'td_id'),
    devInfo: r.bytes(48, 'dev_info'),
    initServTdHash: r.bytes(48, 'init_serv_td_hash'),
    initServTdAttributes: r.bytes(8, 'init_serv_td_attributes'),
    initCpuSvn: r.bytes(16, 'init_cpu_svn'),
    initTeeTcbSvn: r.bytes(16, 'init_tee_tcb_svn'),
    initTeeFmspc: r.bytes(12, 'init_tee_fmspc'),
    curServTdHash: r.bytes(48, 'cur_serv_td_hash'),
    curServTdAttributes: r.bytes(8, 'cur_serv_td_attributes'),
  };
}
