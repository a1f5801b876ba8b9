import { GUEST_POLICY_BITS } from '../../../evidence/snp/guest-policy.ts';
import { PLATFORM_INFO_BITS } from '../../../evidence/snp/platform-info.ts';
import { TCB_COMPONENTS } from '../../../evidence/snp/tcb-version.ts';
import { TD_ATTRIBUTE_BITS } from '../../../evidence/tdx/td-attributes.ts';
import type { Facts } from './facts.ts';

/** What stands at a name: a value, members by their names, or a list. */
export type Known = 'value' | KnownMembers | KnownList;
interface KnownMembers {
  readonly members: Readonly<Record<string, Known>>;
}
interface KnownList {
  readonly items: Known;
}

function values(names: readonly string[]): KnownMembers {
  return { members: Object.fromEntries(names.map((name) => [name, 'value'])) };
}

const VALUES: KnownList = { items: 'value' };

const TDX: KnownMembers = {
  members: {
    ...values(['type', 'mrTd', 'rtmr0', 'rtmr1', 'rtmr2', 'rtmr3', 'mrConfigId']).members,
    ...values(['mrOwner', 'mrOwnerConfig', 'mrSeam', 'xfam', 'teeTcbSvn']).members,
    ...values(['fmspc', 'platformInstanceId', 'tcbStatus', 'tcbDate']).members,
    evaluationDataNumber: 'value',
    advisories: VALUES,
    attributes: values(Object.keys(TD_ATTRIBUTE_BITS)),
  },
};

const TCB = values(TCB_COMPONENTS);

const SNP: KnownMembers = {
  members: {
    ...values(['type', 'product', 'measurement', 'hostData', 'idKeyDigest']).members,
    ...values(['authorKeyDigest', 'chipId', 'guestSvn', 'vmpl']).members,
    guestPolicy: values(Object.keys(GUEST_POLICY_BITS)),
    platformInfo: values(Object.keys(PLATFORM_INFO_BITS)),
    reportedTcb: TCB,
    committedTcb: TCB,
    launchTcb: TCB,
    currentTcb: TCB,
  },
};

const DEVICE = ['chip', 'hwModel', 'ueid', 'vbios', 'mode'];
const GPUS: KnownList = { items: values([...DEVICE, 'driver']) };
/** No driver of the guest runs a switch. */
const SWITCHES: KnownList = { items: values(DEVICE) };

const BINDING: KnownMembers = {
  members: { ...values(['recipe', 'purpose', 'deployment']).members, keys: VALUES },
};

export type KnownFacts = Readonly<Record<keyof Facts, Known>>;

/** All that a machine of this kind could have to say to an assertion, by its roots. */
export function knownFacts(cpu: 'intel-tdx' | 'amd-sev-snp'): KnownFacts {
  return {
    cpu: cpu === 'intel-tdx' ? TDX : SNP,
    gpu: GPUS,
    nvswitch: SWITCHES,
    binding: BINDING,
    now: 'value',
  };
}
