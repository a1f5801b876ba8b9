import { fromHex } from '../../../core/bytes/hex.ts';
import { toPem } from '../../../core/encoding/pem.ts';
import { append } from '../../damage.ts';
import { tdxComponents } from '../documents.ts';
import { EVALUATION_DATA_NUMBER } from '../standard-documents.ts';
import { editDstackLog } from './event-log.ts';
import type { TdxFaults } from './fault.ts';
import { teeTcbSvn } from './tcb-level.ts';
import { attribute } from './td.ts';

/** Out of the ordinary and right: a verifier that refuses one of these refuses honest machines. */
export const TDX_VARIANTS = {
  valid_v4: { describes: 'nothing out of the ordinary' },
  valid_v5_td10: { describes: 'version 5, TD 1.0', options: { format: 'v5-td10' } },
  valid_v5_td15: { describes: 'version 5, TD 1.5', options: { format: 'v5-td15' } },
  valid_v5_td15ex: { describes: 'version 5, TD 1.5-EX', options: { format: 'v5-td15ex' } },
  valid_dstack: { describes: 'RTMR 3 extended by dstack', options: { workload: 'dstack' } },
  qe_auth_64: {
    describes: '64 bytes of QE authentication data',
    apply: ({ quote }) => {
      quote.qeAuthData = Uint8Array.from({ length: 64 }, (_, i) => i);
    },
  },
  qe_auth_empty: {
    describes: 'no QE authentication data',
    apply: ({ quote }) => {
      quote.qeAuthData = new Uint8Array();
    },
  },
  chain_reordered: {
    describes: 'root first, PCK certificate last',
    apply: (plan) => {
      plan.chain = ['root', 'platformCa', 'pck'];
    },
  },
  chain_without_nul: {
    describes: 'a PEM chain without the NUL that most quotes have behind it',
    apply: (plan) => {
      plan.certification = (pem) => pem.slice(0, -1);
    },
  },
  processor_ca: {
    describes: 'the processor CA, whose PCK certificates have an SGX extension of five elements',
    apply: ({ certificates: { platformCa, pck } }) => {
      platformCa.commonName = 'Intel SGX PCK Processor CA';
      pck.sgx.without = [6, 7];
    },
  },
  pcesvn_two_bytes: {
    describes: 'a PCESVN that needs two bytes',
    apply: ({ certificates: { pck } }) => {
      pck.sgx.pceSvn = 0x0102;
    },
  },
  pck_leaf_last_second: {
    describes: 'the last second of the PCK certificate',
    apply: ({ certificates: { pck } }) => {
      pck.notAfter = '2026-06-01T00:00:00Z';
    },
  },
  tcb_last_second: {
    describes: 'the last second of the TCB info',
    apply: ({ tcbInfo }) => {
      tcbInfo.content.nextUpdate = '2026-06-01T00:00:00Z';
    },
  },
  trailing_zeros: {
    describes: 'the 70 zero bytes that one driver leaves',
    apply: (plan) => {
      plan.afterQuote = append(new Uint8Array(70));
    },
  },
  trailing_zeros_gcp: {
    describes: 'the 3,065 zero bytes of a cloud’s driver',
    apply: (plan) => {
      plan.afterQuote = append(new Uint8Array(3065));
    },
  },
  td15_mr_service_td: {
    describes: 'a service TD is bound, as on one cloud',
    options: { format: 'v5-td15' },
    apply: ({ quote: { body } }) => {
      body.mrServiceTd = new Uint8Array(48).fill(0x5d);
    },
  },
  td_migratable_bit29: { describes: 'MIGRATABLE', apply: attribute(29) },
  td_pks_bit30: { describes: 'PKS', apply: attribute(30) },
  td_perfmon_bit63: { describes: 'PERFMON, the highest bit', apply: attribute(63) },
  td_no_sept_ve_disable: {
    describes: 'SEPT_VE_DISABLE clear, as behind a paravisor',
    apply: ({ quote: { body } }) => {
      body.tdAttributes = new Uint8Array(8);
    },
  },
  td_owner_set: {
    describes: 'MRCONFIGID, MROWNER and MROWNERCONFIG in use',
    apply: ({ quote: { body } }) => {
      body.mrConfigId = new Uint8Array(48).with(0, 1);
      body.mrOwner = new Uint8Array(48).fill(2);
      body.mrOwnerConfig = new Uint8Array(48).fill(3);
    },
  },
  report_data_short: {
    describes: 'a challenge of 48 bytes with zeros behind it',
    apply: ({ quote: { body } }) => {
      body.reportData = body.reportData.map((byte, i) => (i < 48 ? byte : 0));
    },
    asks: ({ reportData }) => ({ reportData: reportData.slice(0, 48) }),
  },
  tcb_unsorted: {
    describes: 'TCB levels in an order of chance: the highest that fits still counts',
    apply: ({ tcbInfo: { content } }) => {
      content.tcbLevels.reverse();
      for (const identity of content.tdxModuleIdentities ?? []) identity.tcbLevels.reverse();
    },
  },
  qe_unsorted: {
    describes: 'QE levels lowest first',
    apply: ({ qeIdentity }) => {
      qeIdentity.content.tcbLevels.reverse();
    },
  },
  uptodate_with_advisories: {
    describes: 'UpToDate with advisories: they do not decide the status',
    apply: ({ tcbInfo }) => {
      const [first] = tcbInfo.content.tcbLevels;
      if (first) first.advisoryIDs = ['INTEL-DOC-10001', 'INTEL-SA-01192'];
    },
  },
  tcb_unknown_member: {
    describes: 'a signed member that this release does not know',
    apply: ({ tcbInfo }) => {
      Object.assign(tcbInfo.content, { remark: 'of a later release' });
    },
  },
  tcb_fmspc_lowercase: {
    describes: 'an FMSPC in lower case',
    apply: ({ tcbInfo: { content } }) => {
      content.fmspc = content.fmspc.toLowerCase();
    },
  },
  tcb_eval_number_differs: {
    describes: 'TCB info and QE identity of different evaluations',
    apply: ({ tcbInfo }) => {
      tcbInfo.content.tcbEvaluationDataNumber = 21;
    },
    asks: () => ({ minEvaluationDataNumber: 20 }),
  },
  module_id_lowercase: {
    describes: 'a module id in lower case',
    apply: ({ tcbInfo }) => {
      for (const identity of tcbInfo.content.tdxModuleIdentities ?? []) {
        identity.id = identity.id.toLowerCase();
      }
    },
  },
  module_hex_id_0A: {
    describes: 'module version 10, whose id is hexadecimal: TDX_0A',
    apply: ({ quote: { body }, tcbInfo }) => {
      body.teeTcbSvn = teeTcbSvn(6, 10);
      const identities = tcbInfo.content.tdxModuleIdentities ?? [];
      const model = identities.find(({ id }) => id === 'TDX_01');
      if (model) identities.push({ ...model, id: 'TDX_0A' });
    },
  },
  module_v3: {
    describes: 'the other module version that the TCB info knows',
    apply: ({ quote: { body } }) => {
      body.teeTcbSvn = teeTcbSvn(3, 3);
    },
  },
  module_v0_all16: {
    describes: 'a module of major version 0, all sixteen bytes at the row’s',
    apply: ({ quote: { body } }) => {
      body.teeTcbSvn = teeTcbSvn(5, 0);
    },
  },
  svn_skip_first_two: {
    describes: 'a row that lists module SVNs above this one’s: bytes 0 and 1 are not compared',
    apply: ({ tcbInfo }) => {
      const [first] = tcbInfo.content.tcbLevels;
      if (first) first.tcb.tdxtcbcomponents = tdxComponents(9, 9, 3);
    },
  },
  crls_in_pem: {
    describes: 'CRLs in PEM instead of hex',
    apply: (plan) => {
      plan.afterCollateral = (made) => ({
        ...made,
        root_ca_crl: pem(made.root_ca_crl),
        pck_crl: pem(made.pck_crl),
      });
    },
  },
  crls_in_upper_case_hex: {
    describes: 'CRLs in upper-case hex with a line feed behind',
    apply: (plan) => {
      plan.afterCollateral = (made) => ({
        ...made,
        root_ca_crl: `${made.root_ca_crl?.toUpperCase()}\n`,
        pck_crl: `${made.pck_crl?.toUpperCase()}\n`,
      });
    },
  },
  pck_crl_empty_list: {
    describes: 'a PCK CRL that revokes nobody',
    apply: ({ crls }) => {
      crls.pck.revoked = [];
    },
  },
  pck_crl_chain_missing: {
    describes: 'no issuer chain of the PCK CRL: the quote brings the CA',
    apply: (plan) => {
      plan.afterCollateral = ({ pck_crl_issuer_chain: _, ...others }) => others;
    },
  },
  eval_number_at_floor: {
    describes: 'exactly the evaluation that was asked for',
    asks: () => ({ minEvaluationDataNumber: EVALUATION_DATA_NUMBER.standard }),
  },
  log_ccel: {
    describes: 'a CCEL log with its ACPI table, which replays to RTMR 0 to 2',
    asks: ({ ccelLog, ccelTable }) => ({
      eventLog: { log: ccelLog, table: ccelTable, expected: ccelLog },
    }),
  },
  log_ccel_below_rtmr3: {
    describes: 'a CCEL log of a TD whose RTMR 3 was extended later: CCEL need not tell of it',
    options: { workload: 'dstack' },
    asks: ({ ccelLog }) => ({ eventLog: { log: ccelLog } }),
  },
  log_padded_with_zeros: {
    describes: 'a CCEL log with zeros behind it instead of 0xff',
    apply: ({ logs }) => {
      logs.afterCcel = (log) => log.map((byte, i) => (i < lastEntryEnd(log) ? byte : 0));
    },
    asks: ({ ccelLog }) => ({ eventLog: { log: ccelLog } }),
  },
  log_dstack: {
    describes: 'a dstack log with runtime digests of both versions, which replays to all four',
    options: { workload: 'dstack' },
    asks: ({ dstackLog }) => ({ eventLog: { log: dstackLog, expected: dstackLog } }),
  },
  log_dstack_stripped: {
    describes: 'a dstack log without boot payloads and runtime digests, as its short form is',
    options: { workload: 'dstack' },
    apply: ({ logs }) => {
      logs.afterDstack = editDstackLog((entries) => {
        for (const entry of entries) {
          if (entry.imr === 3) entry.digest = '';
          else entry.event_payload = '';
        }
      });
    },
    asks: ({ dstackLog }) => ({ eventLog: { log: dstackLog } }),
  },
} as const satisfies TdxFaults;

function pem(hex: string | undefined): string {
  return toPem(fromHex(hex ?? '', 'simulator.crl'), 'X509 CRL');
}

/** Where the 0xff of the padding begins; no entry of the standard boot ends in 0xff. */
function lastEntryEnd(log: Uint8Array): number {
  let end = log.length;
  while (log[end - 1] === 0xff) end--;
  return end;
}
