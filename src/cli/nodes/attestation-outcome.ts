import type { AttestationOutcome } from '../../agent/gateway/attestation.ts';
import { EXIT, type Io } from '../io.ts';
import { painter } from '../paint.ts';
import { MARKS, printJson, VERDICT_COLOURS } from '../render.ts';
import type { Args } from '../verb.ts';
import { visible } from '../visible.ts';

/** One line a reason, then the verdict. @returns the exit code. */
export function printOutcome(io: Io, args: Args, outcome: AttestationOutcome): number {
  const { verdict } = outcome;
  const told = outcome.verdict === 'accept' ? outcome.answer : outcome.problem;
  if (args.has('json')) {
    printJson(io, { verdict, ...told });
    return EXIT[verdict];
  }
  const paint = painter(io.colours);
  for (const { outcome: how, code, path, text } of told.reasons ?? []) {
    const [colour, mark] = MARKS[how];
    io.out(`${paint(colour, mark)} ${visible(code).padEnd(32)} ${visible(`${path}: ${text}`)}\n`);
  }
  const word = paint('bold', paint(VERDICT_COLOURS[verdict], verdict.toUpperCase()));
  io.out(`\n${word}  ${visible(factsOf(outcome).join(' · '))}\n`);
  return EXIT[verdict];
}

function factsOf(outcome: AttestationOutcome): readonly string[] {
  if (outcome.verdict !== 'accept') {
    const { decision, code } = outcome.problem;
    return [
      ...(decision === undefined ? [] : [`decision ${decision}`]),
      ...(code === undefined ? [] : [code]),
    ];
  }
  const { decision, node, leaf, warnings = [] } = outcome.answer;
  const { state, admission } = node.standing;
  return [
    `decision ${decision}`,
    `leaf ${leaf.index} of ${leaf.origin}`,
    admission ? `${state} until ${admission.until}` : state,
    ...warnings,
  ];
}
