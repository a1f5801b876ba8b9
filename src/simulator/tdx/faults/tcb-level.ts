import type { TdxTcbStatus } from '../../../evidence/tdx/tcb-status.ts';
import { sgxComponents, tdxComponents } from '../documents.ts';
import type { TdxPlan } from '../plan.ts';
import type { TdxFault, TdxFaults } from './fault.ts';

const status = { fails: ['tdx.tcb.status'] } as const;
const revoked = {
  fails: ['tdx.tcb.not_revoked', 'tdx.tcb.status'],
  tcbStatus: 'Revoked',
} as const;
const unsupported = { fails: ['tdx.tcb.supported'] } as const;

/** TEE_TCB_SVN of module `major`.`minor`; byte 2 is what the standard TCB info calls current. */
export function teeTcbSvn(minor: number, major: number, third = 3): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes.set([minor, major, third]);
  return bytes;
}

const launchedUnder = (svn: Uint8Array) => (plan: TdxPlan) => {
  plan.quote.body.teeTcbSvn = svn;
  plan.quote.body.teeTcbSvn2 = svn;
};

/** Module 1.4: OutOfDate in the standard TCB info. */
const OLD_MODULE = teeTcbSvn(4, 1);

function platformStatus(plan: TdxPlan, tcbStatus: string): void {
  const [first] = plan.tcbInfo.content.tcbLevels;
  if (first) first.tcbStatus = tcbStatus;
}

function moduleStatus(plan: TdxPlan, tcbStatus: string): void {
  for (const identity of plan.tcbInfo.content.tdxModuleIdentities ?? []) {
    for (const level of identity.tcbLevels) level.tcbStatus = tcbStatus;
  }
}

function platformIs(tcbStatus: TdxTcbStatus): TdxFault {
  return {
    describes: `the platform’s level is ${tcbStatus}`,
    ...status,
    tcbStatus,
    apply: (plan) => platformStatus(plan, tcbStatus),
  };
}

function converges(platform: TdxTcbStatus, tcbStatus: TdxTcbStatus): TdxFault {
  return {
    describes: `platform ${platform}, TDX module OutOfDate`,
    ...status,
    tcbStatus,
    apply: (plan) => {
      platformStatus(plan, platform);
      launchedUnder(OLD_MODULE)(plan);
    },
  };
}

export const TCB_LEVEL_FAULTS = {
  status_SWHardeningNeeded: platformIs('SWHardeningNeeded'),
  status_ConfigurationNeeded: platformIs('ConfigurationNeeded'),
  status_ConfigurationAndSWHardeningNeeded: platformIs('ConfigurationAndSWHardeningNeeded'),
  status_OutOfDate: platformIs('OutOfDate'),
  status_OutOfDateConfigurationNeeded: platformIs('OutOfDateConfigurationNeeded'),
  conv_SWHardeningNeeded_module_ood: converges('SWHardeningNeeded', 'OutOfDate'),
  conv_ConfigurationNeeded_module_ood: converges(
    'ConfigurationNeeded',
    'OutOfDateConfigurationNeeded',
  ),
  conv_ConfigurationAndSWHardeningNeeded_module_ood: converges(
    'ConfigurationAndSWHardeningNeeded',
    'OutOfDateConfigurationNeeded',
  ),
  conv_OutOfDateConfigurationNeeded_module_ood: converges(
    'OutOfDateConfigurationNeeded',
    'OutOfDateConfigurationNeeded',
  ),
  tcb_no_match: {
    describes:
      'a platform below every level that Intel lists: not supported, which is not OutOfDate',
    ...unsupported,
    apply: (plan) => {
      for (const { tcb } of plan.tcbInfo.content.tcbLevels) {
        tcb.sgxtcbcomponents = sgxComponents(200 - tcb.pcesvn);
      }
      plan.tcbInfo.content.tcbLevels.length = 1;
    },
  },
  comp_low: {
    describes: 'one SGX component below the newest level',
    ...status,
    tcbStatus: 'OutOfDate',
    apply: ({ certificates: { pck } }) => {
      pck.sgx.components[1] = 2;
      pck.sgx.cpuSvn[1] = 2;
    },
  },
  pcesvn_low: {
    describes: 'a PCESVN below the newest levels',
    ...status,
    tcbStatus: 'OutOfDate',
    apply: ({ certificates: { pck } }) => {
      pck.sgx.pceSvn = 12;
    },
  },
  tdx_comp_low: {
    describes: 'the TDX microcode component (byte 2) below the newest level',
    ...status,
    tcbStatus: 'OutOfDate',
    apply: launchedUnder(teeTcbSvn(6, 1, 2)),
  },
  early_recovery: {
    describes: 'up to date by the standard set, behind by the early one',
    ...status,
    tcbStatus: 'OutOfDate',
    options: { channel: 'early' },
  },
  platform_ood_module_utd: {
    describes: 'platform OutOfDate, TDX module UpToDate: who returns only the module is wrong',
    ...status,
    tcbStatus: 'OutOfDate',
    apply: ({ certificates: { pck } }) => {
      pck.sgx.components[0] = 2;
      pck.sgx.cpuSvn[0] = 2;
    },
  },
  platform_revoked_module_utd: {
    describes: 'platform Revoked, TDX module UpToDate',
    ...revoked,
    apply: (plan) => platformStatus(plan, 'Revoked'),
  },
  module_revoked: {
    describes: 'TDX module Revoked, platform UpToDate',
    ...revoked,
    apply: (plan) => moduleStatus(plan, 'Revoked'),
  },
  svn_skip_module_ood: {
    describes: 'module 1.4 is OutOfDate, though byte 0 is not compared with the platform’s row',
    ...status,
    tcbStatus: 'OutOfDate',
    apply: launchedUnder(OLD_MODULE),
  },
  module_v0_low: {
    describes: 'a module of major version 0 below the row: all sixteen bytes count there',
    ...status,
    tcbStatus: 'OutOfDate',
    apply: (plan) => {
      launchedUnder(teeTcbSvn(4, 0))(plan);
      for (const { tcb } of plan.tcbInfo.content.tcbLevels.slice(1)) {
        tcb.tdxtcbcomponents = tdxComponents(4, 0, 2);
      }
    },
  },
  module_isvsvn_below_all: {
    describes: 'a module older than every level of its identity',
    ...unsupported,
    apply: launchedUnder(teeTcbSvn(1, 1)),
  },
  module_id_missing: {
    describes: 'a module version that the TCB info does not know',
    fails: ['tdx.module.identity'],
    apply: launchedUnder(teeTcbSvn(6, 2)),
  },
  module_identities_missing: {
    describes: 'a TCB info without module identities: fail open, and any module will do',
    fails: ['tdx.module.identity'],
    apply: ({ tcbInfo }) => {
      Reflect.deleteProperty(tcbInfo.content, 'tdxModuleIdentities');
    },
  },
  seam_mr_signer_nonzero: {
    describes: 'a TDX module that somebody other than Intel signed',
    fails: ['tdx.module.mr_signer'],
    apply: ({ quote: { body } }) => {
      body.mrSignerSeam = new Uint8Array(48).fill(0xee);
    },
  },
  module_mrsigner_mismatch: {
    describes: 'the module identity wants another signer than tdxModule does',
    fails: ['tdx.module.mr_signer'],
    apply: ({ tcbInfo }) => {
      for (const identity of tcbInfo.content.tdxModuleIdentities ?? []) {
        identity.mrsigner = 'AB'.repeat(48);
      }
    },
  },
  seam_attributes_nonzero: {
    describes: 'a TDX module with an attribute set',
    fails: ['tdx.module.attributes'],
    apply: ({ quote: { body } }) => {
      body.seamAttributes = new Uint8Array(8).with(0, 1);
    },
  },
  seam_attr_nonzero_masked: {
    describes: 'a TDX module with an attribute set that the mask leaves out',
    fails: ['tdx.module.attributes'],
    apply: ({ quote: { body }, tcbInfo }) => {
      body.seamAttributes = new Uint8Array(8).with(7, 0x80);
      for (const identity of tcbInfo.content.tdxModuleIdentities ?? []) {
        identity.attributesMask = '0000000000000000';
      }
    },
  },
  module_attributes_expected: {
    describes: 'a module identity that wants an attribute which the module does not have',
    fails: ['tdx.module.attributes'],
    apply: ({ tcbInfo }) => {
      for (const identity of tcbInfo.content.tdxModuleIdentities ?? []) {
        identity.attributes = '0100000000000000';
      }
    },
  },
  relaunch_advised: {
    describes: 'launched under an OutOfDate module that was updated since',
    ...status,
    tcbStatus: 'TDRelaunchAdvised',
    options: { format: 'v5-td15' },
    apply: ({ quote: { body } }) => {
      body.teeTcbSvn = OLD_MODULE;
    },
  },
  relaunch_advised_cfg: {
    describes: 'the same on a platform that needs configuration',
    ...status,
    tcbStatus: 'TDRelaunchAdvisedConfigurationNeeded',
    options: { format: 'v5-td15' },
    apply: (plan) => {
      plan.quote.body.teeTcbSvn = OLD_MODULE;
      platformStatus(plan, 'ConfigurationNeeded');
    },
  },
  relaunch_both_ood: {
    describes: 'an OutOfDate module at launch and now: no relaunch helps',
    ...status,
    tcbStatus: 'OutOfDate',
    options: { format: 'v5-td15' },
    apply: launchedUnder(OLD_MODULE),
  },
  td15_current_ood: {
    describes: 'UpToDate at launch, OutOfDate now: the better of the two must not hide the other',
    ...status,
    tcbStatus: 'OutOfDate',
    options: { format: 'v5-td15' },
    apply: ({ quote: { body } }) => {
      body.teeTcbSvn2 = OLD_MODULE;
    },
  },
  td15_current_not_supported: {
    describes: 'a current module (TEE_TCB_SVN_2) below every level',
    ...unsupported,
    options: { format: 'v5-td15' },
    apply: ({ quote: { body } }) => {
      body.teeTcbSvn2 = teeTcbSvn(1, 1);
    },
  },
  eval_number_below_floor: {
    describes: 'a QE identity of an older evaluation than was asked for',
    fails: ['tdx.tcb.evaluation_data_number'],
    apply: ({ qeIdentity }) => {
      qeIdentity.content.tcbEvaluationDataNumber = 19;
    },
    asks: () => ({ minEvaluationDataNumber: 20 }),
  },
} as const satisfies TdxFaults;
