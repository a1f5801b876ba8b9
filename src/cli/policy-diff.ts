import type { Effect, PolicyChange } from '../appraisal/policy/diff/change.ts';
import { diffPolicies } from '../appraisal/policy/diff/diff-policies.ts';
import type { ReadPolicy } from '../appraisal/policy/read-policy.ts';
import type { Io } from './io.ts';
import { type Colour, type Paint, painter } from './paint.ts';
import { readPolicyFile } from './policy-file.ts';
import { printJson } from './render.ts';
import type { Verb } from './verb.ts';
import { visible } from './visible.ts';

export const policyDiffVerb: Verb = {
  name: 'policy diff',
  summary: 'Say what one policy lets in that another does not, member by member.',
  operands: '<before> <after>',
  arity: { min: 2, max: 2 },
  options: {},
  notes: [
    '+ widens: a machine may be admitted that was not. - narrows: one may be refused that was admitted. ± both, or nobody can tell. = neither. Reference sets are the same by their id, or by all their values.',
    'A signed policy is read without asking who signed it: postern policy verify does.',
    'Exit code: 0 nothing widens, 1 something widens or may: let a second pair of eyes look at it.',
  ],
  run: async (io, args) => {
    const before = await readPolicyFile(io, args.operand(0));
    const after = await readPolicyFile(io, args.operand(1));
    const changes = diffPolicies(before.policy, after.policy);
    const counts = countsOf(changes);
    if (args.has('json')) {
      printJson(io, { before: identityOf(before), after: identityOf(after), ...counts, changes });
    } else printChanges(io, [before, after], changes);
    return counts.widens > 0 ? 1 : 0;
  },
};

function identityOf({ policy: { metadata }, digest }: ReadPolicy) {
  return { name: metadata.name, revision: metadata.revision, digest };
}

/** What goes both ways counts on both sides. */
function countsOf(changes: readonly PolicyChange[]) {
  const count = (...wanted: readonly Effect[]) =>
    changes.filter(({ effect }) => wanted.includes(effect)).length;
  return { widens: count('widens', 'both'), narrows: count('narrows', 'both') };
}

const GROUPS: readonly (readonly [Effect, sign: string, Colour, heading: string])[] = [
  ['widens', '+', 'red', 'Widens'],
  ['both', '±', 'red', 'Widens and narrows'],
  ['narrows', '-', 'green', 'Narrows'],
  ['neutral', '=', 'dim', 'Lets in the same machines'],
];

function printChanges(
  io: Io,
  [before, after]: readonly [ReadPolicy, ReadPolicy],
  changes: readonly PolicyChange[],
): void {
  const paint = painter(io.colours);
  io.out(
    `${paint('dim', nameLine('before', before))}\n${paint('dim', nameLine('after', after))}\n`,
  );
  for (const [effect, sign, colour, heading] of GROUPS) {
    const own = changes.filter((change) => change.effect === effect);
    if (own.length === 0) continue;
    io.out(`\n${paint('bold', heading)}\n`);
    for (const change of own) io.out(`${changeLine(paint, colour, sign, change)}\n`);
  }
  const { widens, narrows } = countsOf(changes);
  io.out(`\nwidens ${widens}, narrows ${narrows}\n`);
}

function nameLine(which: string, read: ReadPolicy): string {
  const { name, revision, digest } = identityOf(read);
  return `${which.padEnd(6)} ${name} revision ${revision} (${digest})`;
}

function changeLine(paint: Paint, colour: Colour, sign: string, change: PolicyChange): string {
  return `${paint(colour, sign)} ${visible(change.path)}: ${visible(change.text)}`;
}
