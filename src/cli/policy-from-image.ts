import { recordedEvents } from '../appraisal/appraise/recorded-events.ts';
import type { SnpReferenceSet } from '../appraisal/policy/schema/snp.ts';
import type { TdxReferenceSet } from '../appraisal/policy/schema/tdx.ts';
import { toHex } from '../core/bytes/hex.ts';
import { launchDigest } from '../evidence/snp/measure/launch-digest.ts';
import { readEventLog } from '../evidence/tdx/event-log/read.ts';
import {
  type TdxReferenceValues,
  type TdxRegister,
  tdxReferenceValues,
} from '../evidence/tdx/measure/reference-values.ts';
import type { Io } from './io.ts';
import { packageVersion } from './package-version.ts';
import { readSetId, SET_ID_OPTION } from './policy-set-id.ts';
import { policyYaml } from './policy-yaml.ts';
import { printJson } from './render.ts';
import { launchInputJson, MEASURE_OPTIONS, readLaunchInput } from './snp-measure-input.ts';
import { readTdxInputs, TDX_MEASURE_OPTIONS } from './tdx-measure-input.ts';
import type { Args, Verb } from './verb.ts';

const NOTES = [
  'The set goes into spec.evidence.cpu.referenceSets of a policy. What the inputs do not tell is skipped, and says so: decide about each before the set is used.',
  'Exit code: 0 written, 1 malformed files.',
] as const;

export const policyFromTdxImageVerb: Verb = {
  name: 'policy from tdx-image',
  summary:
    'Write the reference set of a TDX guest from its firmware, kernel or recorded event log.',
  operands: '',
  arity: { min: 0, max: 0 },
  options: { ...SET_ID_OPTION, ...TDX_MEASURE_OPTIONS },
  notes: [
    'The inputs are those of postern tdx measure, whose help tells of each. With --event-log the events are recorded too, so that a decision can name the first one that departs.',
    ...NOTES,
  ],
  run: async (io, args) => {
    const id = readSetId(args, 'image');
    const inputs = await readTdxInputs(io, args);
    return printSet(io, args, tdxSet(id, tdxReferenceValues(inputs), inputs.eventLog));
  },
};

function tdxSet(
  id: string,
  values: TdxReferenceValues,
  eventLog: Uint8Array | undefined,
): TdxReferenceSet {
  const events = eventLog && readEventLog(eventLog).events;
  const recorded =
    events && recordedEvents((index) => events.filter(({ register }) => register === index));
  const told = (name: TdxRegister, else_: string) => values[name] ?? { skip: else_ };
  const unused = { skip: 'not decided yet: what does the VMM put there?' };
  return {
    id,
    lifecycle: { state: 'draft' },
    mrTd: told('mrTd', 'not decided yet: no firmware was given'),
    rtmr0: told('rtmr0', 'not decided yet: it tells the shape of the machine, in a recorded log'),
    rtmr1: told('rtmr1', 'not decided yet: no kernel and no image was given'),
    rtmr2: told(
      'rtmr2',
      'not decided yet: it tells the command line of a kernel that is booted directly',
    ),
    rtmr3: told('rtmr3', 'not decided yet: it tells what runs later'),
    mrConfigId: unused,
    mrOwner: unused,
    mrOwnerConfig: unused,
    mrServiceTd: unused,
    ...(recorded && { recordedEvents: recorded }),
    provenance: { ...values.provenance, inputs: { ...values.provenance.inputs } },
  };
}

export const policyFromSnpImageVerb: Verb = {
  name: 'policy from snp-image',
  summary: 'Write the reference set of an SEV-SNP guest from its firmware, vCPUs and kernel.',
  operands: '',
  arity: { min: 0, max: 0 },
  options: { ...SET_ID_OPTION, ...MEASURE_OPTIONS },
  notes: ['The inputs are those of postern snp measure, whose help tells of each.', ...NOTES],
  run: async (io, args) => {
    const id = readSetId(args, 'image');
    const input = await readLaunchInput(io, args);
    const undecided = { skip: 'not decided yet: what does the VMM put there?' };
    const set: SnpReferenceSet = {
      id,
      lifecycle: { state: 'draft' },
      measurement: toHex(launchDigest(input)),
      hostData: undecided,
      familyId: undecided,
      imageId: undecided,
      idKeyDigest: { skip: 'not decided yet: is there an ID block?' },
      authorKeyDigest: { skip: 'not decided yet: is there an ID block?' },
      minGuestSvn: { skip: 'not decided yet: is there an ID block?' },
      provenance: {
        kind: 'calculated',
        tool: `postern ${await packageVersion()}`,
        inputs: flat(launchInputJson(input)),
      },
    };
    return printSet(io, args, set);
  },
};

/** Inputs by name, those of a part behind the part's own name. */
function flat(inputs: object, prefix = ''): Record<string, string> {
  return Object.fromEntries(
    Object.entries(inputs).flatMap(([name, value]): (readonly [string, string])[] => {
      const own = prefix === '' ? name : `${prefix}.${name}`;
      if (value === null) return [[own, 'none']];
      if (Array.isArray(value)) return [[own, value.join(', ') || 'none']];
      return typeof value === 'object' ? Object.entries(flat(value, own)) : [[own, `${value}`]];
    }),
  );
}

function printSet(io: Io, args: Args, set: TdxReferenceSet | SnpReferenceSet): number {
  if (args.has('json')) printJson(io, set);
  else
    io.out(policyYaml([set], ' A draft of a reference set, for spec.evidence.cpu.referenceSets.'));
  return 0;
}
