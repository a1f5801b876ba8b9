import type { Policy } from '../schema/policy.ts';
import { listed } from './explanation.ts';
import { registerName } from './machines.ts';

/** What a reader who knows no YAML calls a member; one that is not here is shown by its path. */
const WORDS: Readonly<Record<string, string>> = {
  'evidence.cpu.xfam': 'the CPU features of the TD',
  'evidence.cpu.tdxModule.floors': 'the version of the TDX module',
  'evidence.cpu.tdxModule.mrSeam': 'the measurement of the TDX module',
  'evidence.cpu.platform.fmspc': 'the kind of platform',
  'evidence.cpu.tcb.minEvaluationDataNumber': 'how late Intel’s evaluation is',
  'evidence.cpu.guestPolicy.minAbi': 'the ABI version that the guest wants',
  'evidence.cpu.bulletins': 'the fixes of AMD’s bulletins',
  'evidence.cpu.crl': 'AMD’s revocation list',
  'evidence.gpu.models.board': 'the board of a GPU',
  'evidence.gpu.releases': 'driver and VBIOS of the GPUs, beyond NVIDIA’s own manifests',
  'evidence.gpu.ocsp': 'whether a GPU is revoked',
  'evidence.nvswitch.bios': 'the BIOS of the switches, beyond NVIDIA’s own manifests',
  'evidence.nvswitch.ocsp': 'whether a switch is revoked',
  'evidence.vtpm.quote': 'a fresh quote of the vTPM',
  'evidence.vtpm.pcrs': 'the PCRs of the vTPM',
  'composite.gpu.sameChallengeAs': 'that the GPUs answer the CPU’s challenge',
  'composite.nvswitch.sameChallengeAs': 'that the switches answer the CPU’s challenge',
  'composite.topology': 'that the devices are of one machine',
  bindings: 'which keys the evidence vouches for, who asked for it, and when',
  'bindings.keys': 'which kinds of key are bound',
  'bindings.purposes': 'what the evidence was made for',
  'bindings.challenge': 'that the evidence is not a recording',
  'workload.agentConfigSha256': 'what the agent was told',
  'workload.weightsSha256': 'which model is served',
  deployment: 'whose machine it is: anybody’s will do that runs this software',
  'logHygiene.commandLine': 'the kernel’s command line',
  'logHygiene.events': 'measured events that nobody wants',
};

interface Skipped {
  readonly what: string;
  readonly reason: string;
  /** The reference set, where it is of one. */
  readonly set: string | undefined;
}

/** All that the policy leaves open, whatever it is about, with the reasons that it gives. */
export function notChecked({ spec }: Policy): readonly string[] {
  const { referenceSets, ...cpu } = spec.evidence.cpu;
  const skipped = [
    ...skipsIn({ ...spec, evidence: { ...spec.evidence, cpu } }, '', undefined),
    ...referenceSets.flatMap((set) => skipsIn(set, '', set.id)),
  ];
  const groups = Map.groupBy(skipped, ({ what, reason }) => `${what}\0${reason}`);
  return [
    ...[...groups.values()].flatMap(groupLine),
    ...openBits(cpu),
    ...('provisionalFirmware' in cpu && cpu.provisionalFirmware === 'allow'
      ? ['that the firmware is committed: the machine’s owner may take it back']
      : []),
  ];
}

/** More names of sets on one line are no help; how many there are is said. */
const MOST_SETS = 4;

function groupLine(group: readonly Skipped[]): readonly string[] {
  const [first] = group;
  if (first === undefined) return [];
  const sets = group.flatMap(({ set }) => (set === undefined ? [] : [set]));
  const shown = sets.slice(0, MOST_SETS);
  const more = sets.length > shown.length ? [`${sets.length - shown.length} more`] : [];
  const where = sets.length === 0 ? '' : ` of ${listed([...shown, ...more], 'and')}`;
  return [`${first.what}${where}: ${first.reason}`];
}

function skipsIn(value: unknown, path: string, set: string | undefined): readonly Skipped[] {
  if (Array.isArray(value)) return value.flatMap((item) => skipsIn(item, path, set));
  if (typeof value !== 'object' || value === null) return [];
  if ('skip' in value && typeof value.skip === 'string') {
    const what =
      set === undefined ? (Object.hasOwn(WORDS, path) ? WORDS[path] : path) : registerName(path);
    return [{ what: what ?? path, reason: value.skip, set }];
  }
  return Object.entries(value).flatMap(([name, part]) =>
    skipsIn(part, path === '' ? name : `${path}.${name}`, set),
  );
}

/** Bits that may be set or clear need no reason, and are named all the same. */
function openBits(rules: object): readonly string[] {
  const open = Object.entries(rules).flatMap(([group, bits]) =>
    Object.entries(bits as object)
      .filter(([, presence]) => presence === 'any')
      .map(([name]) => `${name} (${group})`),
  );
  return open.length === 0 ? [] : [`set or clear as they like: ${open.join(', ')}`];
}
