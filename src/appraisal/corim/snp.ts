import type { SnpReferenceSet } from '../policy/schema/snp.ts';
import type { Skip } from '../policy/schema/values.ts';
import type { Reference } from './comid.ts';
import { type Identifier, showIdentifier } from './identifier.ts';
import type { Measurement, MeasurementValue } from './measurement.ts';
import { NOT_STATED, oneValue, StatedMembers } from './stated.ts';

type HexMember =
  | 'measurement'
  | 'hostData'
  | 'familyId'
  | 'imageId'
  | 'idKeyDigest'
  | 'authorKeyDigest';
type SnpMember = HexMember | 'minGuestSvn';
export type StatedSnp = StatedMembers<SnpMember, string | number>;

/** draft-deeglaze-amd-sev-snp-corim-profile, by the names that it and those who use it give it. */
const PROFILES: ReadonlySet<string> = new Set([
  'http://amd.com/please-permalink-me',
  'http://amd.com/2024/snp-corim-profile',
  'tag:amd.com,2024:snp-corim-profile',
  'tag:amd.com,2025:snp-corim-profile',
]);

/** Classes of the same draft: reports under a VCEK and under a VLEK. */
const CLASSES: ReadonlySet<string> = new Set([
  'uuid d05e6d1b-9f46-4ae2-a610-ce3e6ee7e153',
  'uuid 89a7a1f0-e704-4faa-acbd-81c86df8a961',
  'oid 1.3.6.1.4.1.3704.2.1',
  'oid 1.3.6.1.4.1.3704.2.2',
]);

const SIZE: Readonly<Record<HexMember, number>> = {
  measurement: 48,
  hostData: 32,
  familyId: 16,
  imageId: 16,
  idKeyDigest: 48,
  authorKeyDigest: 48,
};

type Meaning = HexMember | 'guestSvn' | { readonly no: string };

/** Not a matter of reference sets; what a policy has for it instead. */
const RULES = {
  guestPolicy: { no: 'a policy has guestPolicy for it' },
  platform: { no: 'a policy has platformInfo for it' },
  vmpl: { no: 'a policy has vmpl for it' },
  tcb: { no: 'one number: a policy has minTcb, with each component on its own' },
  once: { no: 'is another at each launch' },
  chip: { no: 'a policy has deployment for it' },
  firmware: { no: 'the version of the firmware is a claim only' },
} as const;

/** Draft 02 and what follows it: mkeys are places in ATTESTATION_REPORT, by kind of value. */
const BY_PLACE: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ['0/svn', 'guestSvn'],
  ['2/raw-value', RULES.guestPolicy],
  ['3/raw-value', 'familyId'],
  ['4/raw-value', 'imageId'],
  ['5/raw-value', RULES.vmpl],
  ['6/svn', RULES.tcb],
  ['7/raw-value', RULES.platform],
  ['640/raw-value', { no: 'is chosen by whoever asks for the report' }],
  ['641/digests', 'measurement'],
  ['642/raw-value', 'hostData'],
  ['643/raw-value', 'idKeyDigest'],
  ['643/digests', 'idKeyDigest'],
  ['644/raw-value', 'authorKeyDigest'],
  ['644/digests', 'authorKeyDigest'],
  ['645/raw-value', RULES.once],
  ['646/raw-value', RULES.once],
  ['647/svn', RULES.tcb],
  ['3328/raw-value', RULES.chip],
  ['3329/svn', RULES.tcb],
  ['3330/version', RULES.firmware],
  ['3936/version', RULES.firmware],
  ['3968/svn', RULES.tcb],
]);

/** The editor's copy after that: ten mkeys of several values each. */
const IN_GROUPS: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ['0/svn', 'guestSvn'],
  ['0/digests', 'measurement'],
  ['0/raw-value', 'familyId'],
  ['0/version', 'imageId'],
  ['1/version', RULES.guestPolicy],
  ['3/raw-value', RULES.once],
  ['4/raw-value', RULES.once],
  ['2/raw-value', RULES.vmpl],
  ['5/raw-value', 'idKeyDigest'],
  ['6/raw-value', 'authorKeyDigest'],
  ['7/svn', RULES.tcb],
  ['8/raw-value', 'hostData'],
  ['8/version', RULES.firmware],
  ['9/version', RULES.firmware],
  ['9/svn', RULES.tcb],
  ['10/svn', RULES.tcb],
]);

const AMBIGUOUS = 'states MEASUREMENT in no numbering, or in both, that this profile has had';

/**
 * What a reference states of an SEV-SNP guest, or undefined when neither profile nor class says
 * that it is one. The profile has had two numberings under one name: MEASUREMENT, which is at
 * mkey 641 in one of them and at mkey 0 in the other, tells which it is.
 */
export function statedSnp(
  reference: Reference,
  profiles: readonly Identifier[],
): StatedSnp | undefined {
  const { classId } = reference.environment;
  const known =
    profiles.some(({ value }) => PROFILES.has(value)) ||
    (classId !== undefined && CLASSES.has(showIdentifier(classId)));
  if (!known) return undefined;
  const stated: StatedSnp = new StatedMembers(reference);
  const numbering = numberingOf(reference.measurements);
  if (numbering === undefined) {
    stated.keepBack(reference.at, AMBIGUOUS);
    return stated;
  }
  for (const measurement of reference.measurements) {
    for (const value of measurement.values) take(stated, numbering, measurement, value);
  }
  return stated;
}

function numberingOf(measurements: readonly Measurement[]) {
  const has = (mkey: string) =>
    measurements.some(
      ({ key, values }) =>
        key?.kind === 'integer' &&
        key.value === mkey &&
        values.some(({ kind }) => kind === 'digests'),
    );
  if (has('641') === has('0')) return undefined;
  return has('641') ? BY_PLACE : IN_GROUPS;
}

function take(
  stated: StatedSnp,
  numbering: ReadonlyMap<string, Meaning>,
  { key }: Measurement,
  value: MeasurementValue,
): void {
  if (key?.kind !== 'integer') return;
  const meaning = numbering.get(`${key.value}/${value.kind}`);
  if (meaning === undefined) {
    // What stands where a member of the set should, in a form that the profile does not have there.
    const members = [...numbering].some(
      ([name, one]) => name.startsWith(`${key.value}/`) && typeof one === 'string',
    );
    if (members && isValue(value)) {
      stated.keepBack(value.at, `mkey ${key.value} is not what the profile has there`);
    }
  } else if (meaning === 'guestSvn') {
    takeGuestSvn(stated, value);
  } else if (typeof meaning === 'string') {
    stated.state(meaning, value.at, hexOf(meaning, value));
  } else {
    stated.omit(value.at, meaning.no);
  }
}

/** SVN and raw value also where they are ranges or expressions; flags are for other rules. */
function isValue({ kind, ...value }: MeasurementValue): boolean {
  if (kind === 'other') return 'key' in value && (value.key === 1 || value.key === 4);
  return kind === 'svn' || kind === 'digests' || kind === 'raw-value' || kind === 'version';
}

function takeGuestSvn(stated: StatedSnp, value: MeasurementValue): void {
  if (value.kind !== 'svn') return;
  const fits = value.svn <= 0xffff_ffff;
  stated.state('minGuestSvn', value.at, fits ? value.svn : undefined);
  if (value.bound === 'exactly') {
    stated.omit(value.at, `GUEST_SVN of exactly ${value.svn}: became at least ${value.svn}`);
  }
}

function hexOf(member: HexMember, value: MeasurementValue): string | undefined {
  if (value.kind !== 'version') return oneValue(value, SIZE[member]);
  // IMAGE_ID stands as hex in a version; upper case is the same bytes.
  const text = value.version.toLowerCase();
  return /^[0-9a-f]{32}$/.test(text) ? text : undefined;
}

export function snpReferenceSet(stated: StatedSnp, id: string): SnpReferenceSet {
  const hex = (name: HexMember): string | Skip => {
    const value = stated.value(name);
    return typeof value === 'string' ? value : NOT_STATED;
  };
  const svn = stated.value('minGuestSvn');
  return {
    id,
    lifecycle: { state: 'draft' },
    measurement: hex('measurement'),
    hostData: hex('hostData'),
    familyId: hex('familyId'),
    imageId: hex('imageId'),
    idKeyDigest: hex('idKeyDigest'),
    authorKeyDigest: hex('authorKeyDigest'),
    minGuestSvn: typeof svn === 'number' ? svn : NOT_STATED,
  };
}
