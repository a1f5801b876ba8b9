import { toHex } from '../../core/bytes/hex.ts';
import { modeOf } from '../../evidence/nvidia/opaque.ts';
import type { NvidiaVerification } from '../../evidence/nvidia/verifier.ts';
import { guestPolicy } from '../../evidence/snp/guest-policy.ts';
import { platformInfoFlags } from '../../evidence/snp/platform-info.ts';
import { PRODUCT_LINES, type ProductLine } from '../../evidence/snp/product.ts';
import { keyInfoOf, type SnpReport } from '../../evidence/snp/report.ts';
import { tcbVersion } from '../../evidence/snp/tcb-version.ts';
import { type TdAttributeName, tdAttribute } from '../../evidence/tdx/td-attributes.ts';
import type { TdxVerification } from '../../evidence/tdx/verifier.ts';
import { weightsOf } from '../bundle/weights.ts';
import type { GpuRules, SwitchRules } from '../policy/schema/nvidia.ts';
import type { Policy } from '../policy/schema/policy.ts';
import type { SnpReferenceSet, SnpRules } from '../policy/schema/snp.ts';
import type { TdxReferenceSet, TdxRules } from '../policy/schema/tdx.ts';
import type { Presence, Provenance } from '../policy/schema/values.ts';
import type { Composite } from '../policy/schema/whole.ts';
import { boundUses } from './binding-rules.ts';
import { recordedEvents } from './recorded-events.ts';
import { provenEvents } from './story.ts';
import type { Subject } from './subject.ts';

/** What a draft is called, and when it was made. */
export interface DraftName {
  readonly name: string;
  readonly setId: string;
  readonly provenance: Provenance;
}

/** Why a draft skips what one machine can't tell. */
const UNDECIDED = 'not decided yet: the draft was made from one machine';

/**
 * A policy that one machine meets: trust on first use, for somebody to look through. It is a
 * draft, so that it admits nobody, and says of everything that it leaves open that it does.
 *
 * @returns undefined where the CPU's evidence can't be read.
 */
export function draftPolicy(subject: Subject, named: DraftName): Policy | undefined {
  const cpu = cpuRules(subject, named);
  if (cpu === undefined) return undefined;
  const { binding } = subject;
  const gpus = subject.devices.filter(({ evidence }) => evidence === 'nvidia-gpu');
  const switches = subject.devices.filter(({ evidence }) => evidence === 'nvidia-switch');
  const uses = binding ? boundUses(binding) : [];
  const told = binding?.keyset && toHex(binding.keyset.agentConfigSha256);
  const weights =
    subject.cpu && 'quote' in subject.cpu && subject.cpu.authentic
      ? weightsOf(subject.cpu)
      : undefined;
  return {
    apiVersion: 'postern/v1',
    kind: 'MeasurementPolicy',
    metadata: {
      name: named.name,
      revision: 1,
      lifecycle: { state: 'draft' },
      owners: ['whoever signs this'],
    },
    spec: {
      role: 'node',
      evidence: {
        cpu,
        ...(gpus.length > 0 && { gpu: gpuRules(gpus) }),
        ...(switches.length > 0 && { nvswitch: switchRules(switches) }),
      },
      composite: composite(gpus, switches, subject),
      bindings: binding
        ? {
            recipes: [binding.recipe],
            keys: uses.length > 0 ? [...uses] : { skip: 'the recipe binds no key' },
            purposes:
              binding.purpose === undefined
                ? { skip: 'the recipe has no purpose' }
                : [binding.purpose],
            challenge: 'require',
          }
        : { skip: 'the draft was made from evidence without a binding' },
      workload: {
        agentConfigSha256:
          told === undefined ? { skip: 'there is no keyset that says so' } : [told],
        weightsSha256: weights === undefined ? { skip: 'no weights were measured' } : [weights],
      },
      deployment: deployment(subject),
      logHygiene: { commandLine: { skip: UNDECIDED }, events: { skip: UNDECIDED } },
      freshness: { nonceTtl: '120s', resultTtl: '15m', reattestEvery: '10m' },
      assertions: [],
    },
  };
}

function cpuRules({ cpu }: Subject, named: DraftName): TdxRules | SnpRules | undefined {
  if (cpu && 'quote' in cpu) return tdxRules(cpu, named);
  if (cpu?.report && cpu.line) return snpRules(cpu.report, cpu.line, named);
  return undefined;
}

/** A draft asks for what is there: whoever signs it decides what may be otherwise. */
function presence(set: boolean | undefined): Presence {
  if (set === undefined) return 'any';
  return set ? 'require' : 'forbid';
}

/** The reference set that a quote is of, values as observed. */
function observedTdxSet(
  { quote, eventLog }: TdxVerification,
  { setId, provenance }: DraftName,
): TdxReferenceSet | undefined {
  if (quote === undefined) return undefined;
  const { body } = quote;
  const [rtmr0, rtmr1, rtmr2, rtmr3] = body.rtmrs.map(toHex);
  if (!rtmr0 || !rtmr1 || !rtmr2 || !rtmr3) return undefined;
  const recorded = recordedEvents((index) => provenEvents(eventLog, index));
  return {
    id: setId,
    lifecycle: { state: 'active' },
    mrTd: toHex(body.mrTd),
    rtmr0,
    rtmr1,
    rtmr2,
    rtmr3,
    mrConfigId: toHex(body.mrConfigId),
    mrOwner: toHex(body.mrOwner),
    mrOwnerConfig: toHex(body.mrOwnerConfig),
    mrServiceTd: body.td15
      ? toHex(body.td15.mrServiceTd)
      : { skip: 'a TD 1.0 report has no MRSERVICETD' },
    ...(recorded && { recordedEvents: recorded }),
    provenance,
  };
}

function tdxRules(verification: TdxVerification, named: DraftName): TdxRules | undefined {
  const { quote, pck, evaluationDataNumber } = verification;
  const set = observedTdxSet(verification, named);
  if (quote === undefined || set === undefined) return undefined;
  const { body } = quote;
  const isSet = (name: TdAttributeName) => tdAttribute(body.tdAttributes, name);
  const has = (name: TdAttributeName) => presence(isSet(name));
  const [minIsvSvn = 0, major = 0] = body.teeTcbSvn;
  return {
    type: 'intel-tdx',
    referenceSets: [set],
    attributes: {
      debug: 'forbid',
      septVeDisable: has('septVeDisable'),
      migratable: has('migratable'),
      lass: has('lass'),
      pks: has('pks'),
      kl: has('kl'),
      perfmon: has('perfmon'),
      ...(isSet('icssd') && { icssd: 'require' as const }),
      ...(isSet('tpa') && { tpa: 'require' as const }),
    },
    xfam: { exact: toHex(body.xfam) },
    tdxModule: { floors: [{ major, minIsvSvn }], mrSeam: [toHex(body.mrSeam)] },
    platform: {
      fmspc: pck ? [toHex(pck.fmspc)] : { skip: 'there was no PCK certificate' },
      smt: presence(pck?.configuration?.smtEnabled),
      dynamicPlatform: presence(pck?.configuration?.dynamicPlatform),
      cachedKeys: presence(pck?.configuration?.cachedKeys),
    },
    tcb: {
      accept: ['UpToDate'],
      advisories: [],
      minEvaluationDataNumber: evaluationDataNumber ?? { skip: 'there was no TCB info' },
    },
  };
}

function snpSet(report: SnpReport, { setId, provenance }: DraftName): SnpReferenceSet {
  return {
    id: setId,
    lifecycle: { state: 'active' },
    measurement: toHex(report.measurement),
    hostData: toHex(report.hostData),
    familyId: toHex(report.familyId),
    imageId: toHex(report.imageId),
    idKeyDigest: toHex(report.idKeyDigest),
    authorKeyDigest: toHex(report.authorKeyDigest),
    minGuestSvn: report.guestSvn,
    provenance,
  };
}

function snpRules(report: SnpReport, line: ProductLine, named: DraftName): SnpRules {
  const { abiMajor, abiMinor, flags } = guestPolicy(report.policy);
  const info = platformInfoFlags(report.platformInfo);
  const wanted = <Bits extends Readonly<Record<string, boolean>>>(bits: Bits) =>
    Object.fromEntries(Object.entries(bits).map(([name, set]) => [name, presence(set)])) as {
      [Name in keyof Bits]: Presence;
    };
  const { signingKey } = keyInfoOf(report);
  return {
    type: 'amd-sev-snp',
    referenceSets: [snpSet(report, named)],
    guestPolicy: {
      ...wanted(flags),
      debug: 'forbid',
      migrateMa: 'forbid',
      minAbi: { major: abiMajor, minor: abiMinor },
    },
    platformInfo: wanted(info),
    minTcb: { [line]: tcbVersion(report.reportedTcb, PRODUCT_LINES[line].layout) },
    tcbAppliesTo: ['reported'],
    bulletins: { skip: UNDECIDED },
    vmpl: [report.vmpl <= 3 ? report.vmpl : 0],
    signer: [signingKey === 'vlek' ? 'vlek' : 'vcek'],
    provisionalFirmware: 'forbid',
    crl: 'require',
  };
}

function gpuRules(gpus: readonly NvidiaVerification[]): GpuRules {
  const models = gpus.map(({ identity, opaque }) => {
    const { project, projectSku, chipSku } = opaque ?? {};
    const board = [project, projectSku, chipSku];
    return {
      chip: identity?.chip ?? '',
      board: board.includes(undefined)
        ? { skip: 'the report does not name its board' }
        : board.join('_'),
    };
  });
  const modes = gpus
    .map(({ opaque }) => opaque && modeOf(opaque))
    .filter((mode) => mode !== undefined);
  const releases = gpus.map(({ opaque }) => ({
    driver: opaque?.driverVersion ?? '',
    vbios: opaque?.vbiosVersion ?? '',
  }));
  return {
    models: distinct(models),
    modes: distinct(modes).filter((mode) => mode !== 'unknown'),
    releases: distinct(releases),
    devTools: 'forbid',
    ocsp: 'require',
  };
}

function switchRules(switches: readonly NvidiaVerification[]): SwitchRules {
  const versions = switches.map(({ opaque }) => opaque?.vbiosVersion ?? '');
  return { bios: distinct(versions), ocsp: 'require' };
}

function composite(
  gpus: readonly NvidiaVerification[],
  switches: readonly NvidiaVerification[],
  { binding }: Subject,
): Composite {
  const group = (count: number) => ({
    count: { exactly: count },
    distinctBy: 'serial' as const,
    sameChallengeAs: binding?.deviceNonce
      ? ('cpu' as const)
      : { skip: 'the recipe ties no device to the CPU’s challenge' },
  });
  return {
    ...(gpus.length > 0 && { gpu: group(gpus.length) }),
    ...(switches.length > 0 && { nvswitch: group(switches.length) }),
    topology: gpus.length > 1 ? 'require' : { skip: 'there are no several devices' },
  };
}

function deployment({ cpu }: Subject): Policy['spec']['deployment'] {
  const chip = cpu && 'line' in cpu ? cpu.report?.chipId : undefined;
  if (chip?.some((byte) => byte !== 0)) return { chipIds: [toHex(chip)] };
  const instance = cpu && 'quote' in cpu ? cpu.pck?.platformInstanceId : undefined;
  if (instance) return { platformInstanceIds: [toHex(instance)] };
  return { skip: 'the evidence does not say which machine it is of' };
}

function distinct<Value>(values: readonly Value[]): Value[] {
  const seen = new Map(values.map((value) => [JSON.stringify(value), value]));
  return [...seen.values()];
}
