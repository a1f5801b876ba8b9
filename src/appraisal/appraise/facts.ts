import { toHex } from '../../core/bytes/hex.ts';
import { modeOf } from '../../evidence/nvidia/opaque.ts';
import type { NvidiaVerification } from '../../evidence/nvidia/verifier.ts';
import { guestPolicy } from '../../evidence/snp/guest-policy.ts';
import { platformInfoFlags } from '../../evidence/snp/platform-info.ts';
import { PRODUCT_LINES } from '../../evidence/snp/product.ts';
import { tcbVersion } from '../../evidence/snp/tcb-version.ts';
import type { SnpVerification } from '../../evidence/snp/verifier.ts';
import {
  TD_ATTRIBUTE_BITS,
  type TdAttributeName,
  tdAttribute,
} from '../../evidence/tdx/td-attributes.ts';
import type { TdxVerification } from '../../evidence/tdx/verifier.ts';
import type { Claims } from '../../evidence/verification.ts';
import type { Facts } from '../policy/cel/facts.ts';
import { boundUses } from './binding-rules.ts';
import type { Subject } from './subject.ts';

/** What assertions can speak of: bytes as lower-case hex, names as the evidence's claims have them. */
export function factsOf({ cpu, devices, binding }: Subject, now: number): Facts {
  const of = (kind: NvidiaVerification['evidence']) =>
    devices.filter(({ evidence }) => evidence === kind).map(deviceFacts);
  return {
    cpu: cpu === undefined ? {} : 'quote' in cpu ? tdxFacts(cpu) : snpFacts(cpu),
    gpu: of('nvidia-gpu'),
    nvswitch: of('nvidia-switch'),
    binding: binding
      ? {
          recipe: binding.recipe,
          ...(binding.purpose !== undefined && { purpose: binding.purpose }),
          keys: boundUses(binding),
          ...(binding.keyset && { deployment: binding.keyset.deployment }),
        }
      : {},
    now,
  };
}

function tdxFacts({ quote, pck, tcb, evaluationDataNumber }: TdxVerification): Claims {
  const names = Object.keys(TD_ATTRIBUTE_BITS) as TdAttributeName[];
  const body = quote?.body;
  const [rtmr0, rtmr1, rtmr2, rtmr3] = body?.rtmrs ?? [];
  return {
    type: 'intel-tdx',
    ...(body &&
      rtmr0 &&
      rtmr1 &&
      rtmr2 &&
      rtmr3 && {
        mrTd: toHex(body.mrTd),
        rtmr0: toHex(rtmr0),
        rtmr1: toHex(rtmr1),
        rtmr2: toHex(rtmr2),
        rtmr3: toHex(rtmr3),
        mrConfigId: toHex(body.mrConfigId),
        mrOwner: toHex(body.mrOwner),
        mrOwnerConfig: toHex(body.mrOwnerConfig),
        mrSeam: toHex(body.mrSeam),
        xfam: toHex(body.xfam),
        teeTcbSvn: toHex(body.teeTcbSvn),
        attributes: Object.fromEntries(
          names.map((name) => [name, tdAttribute(body.tdAttributes, name)]),
        ),
      }),
    ...(pck && {
      fmspc: toHex(pck.fmspc),
      ...(pck.platformInstanceId && { platformInstanceId: toHex(pck.platformInstanceId) }),
    }),
    ...(tcb?.endorsed && {
      tcbStatus: tcb.status,
      tcbDate: tcb.date,
      advisories: tcb.advisories,
    }),
    ...(evaluationDataNumber !== undefined && { evaluationDataNumber }),
  };
}

function snpFacts({ report, line }: SnpVerification): Claims {
  if (report === undefined) return { type: 'amd-sev-snp' };
  const tcb = (bytes: Uint8Array) =>
    line === undefined ? {} : (tcbVersion(bytes, PRODUCT_LINES[line].layout) as Claims);
  return {
    type: 'amd-sev-snp',
    ...(line && { product: line }),
    measurement: toHex(report.measurement),
    hostData: toHex(report.hostData),
    idKeyDigest: toHex(report.idKeyDigest),
    authorKeyDigest: toHex(report.authorKeyDigest),
    chipId: toHex(report.chipId),
    guestSvn: report.guestSvn,
    vmpl: report.vmpl,
    guestPolicy: guestPolicy(report.policy).flags,
    platformInfo: platformInfoFlags(report.platformInfo),
    reportedTcb: tcb(report.reportedTcb),
    committedTcb: tcb(report.committedTcb),
    launchTcb: tcb(report.launchTcb),
    currentTcb: tcb(report.currentTcb),
  };
}

function deviceFacts({ identity, opaque }: NvidiaVerification): Claims {
  return {
    ...(identity && { chip: identity.chip, hwModel: identity.hwModel, ueid: identity.ueid }),
    ...(opaque?.driverVersion !== undefined && { driver: opaque.driverVersion }),
    ...(opaque?.vbiosVersion !== undefined && { vbios: opaque.vbiosVersion }),
    ...(opaque && { mode: modeOf(opaque) }),
  };
}
