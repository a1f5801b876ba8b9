import { type CorimReferenceSets, corimReferenceSets } from '../appraisal/corim/reference-sets.ts';
import { AT_OPTION, readAt } from './input.ts';
import { EXIT, type Io, usage, warn } from './io.ts';
import { policyYaml } from './policy-yaml.ts';
import { printJson } from './render.ts';
import type { Args, Verb } from './verb.ts';

export const policyFromCorimVerb: Verb = {
  name: 'policy from corim',
  summary: 'Write draft reference sets from a CoRIM, and say all that it says besides.',
  operands: '<file>',
  arity: { min: 1, max: 1 },
  options: {
    'public-key': { value: '<pem|cose-key>', help: 'the key that must have signed it' },
    'tdx-registers': {
      value: '<name>',
      help: 'take TDX registers that have only a number: rtmr (0 is RTMR0) or event-log (1 is RTMR0)',
    },
    ...AT_OPTION,
  },
  notes: [
    'A CoRIM (draft-ietf-rats-corim) is CBOR, signed with COSE or not. One reference triple makes one set, in state draft: values stay together that were stated together. What a set can’t say keeps it back, and everything that is not in the sets is named on stderr, or in JSON as notImported.',
    'Without --public-key nothing shows who wrote it.',
    'Exit code: 0 written, 1 malformed, or not signed by that key, 2 nothing could be taken over, or it is out of date.',
  ],
  run: async (io, args) => {
    const { all: now } = readAt(io, args, []);
    const numbers = readNumbers(args);
    const file = await io.readFile(args.operand(0));
    const path = args.one('public-key');
    const corim = corimReferenceSets(file, {
      now,
      ...(path !== undefined && { publicKey: await io.readFile(path) }),
      ...(numbers && { tdxRegisterNumbers: numbers }),
    });
    if (args.has('json')) printJson(io, corim);
    else printSets(io, corim);
    const taken = corim.tdx.length + corim.snp.length > 0;
    const inDate = corim.validity.state !== 'expired' && corim.validity.state !== 'not yet valid';
    return taken && inDate ? EXIT.accept : EXIT.indeterminate;
  },
};

function readNumbers(args: Args): 'rtmr' | 'event-log' | undefined {
  const name = args.one('tdx-registers');
  if (name === undefined || name === 'rtmr' || name === 'event-log') return name;
  throw usage(`--tdx-registers: want rtmr or event-log, got ${JSON.stringify(name)}`);
}

function printSets(
  io: Io,
  { id, signature, validity, tdx, snp, notImported }: CorimReferenceSets,
): void {
  for (const { at, because } of notImported) warn(io, `not taken over: ${at}: ${because}`);
  if (signature.state !== 'verified') warn(io, `its signature: ${signature.state}`);
  if (validity.state !== 'current') warn(io, `its validity: ${validity.state}`);
  const sets = [...tdx, ...snp];
  if (sets.length === 0) {
    warn(io, 'nothing in it makes a reference set of a TDX or SEV-SNP machine');
    return;
  }
  io.out(policyYaml(sets, ` Drafts from the CoRIM ${id}, for spec.evidence.cpu.referenceSets.`));
}
