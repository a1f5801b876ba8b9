import type { CheckList } from '../../evidence/check-list.ts';
import type { PolicyCheckId } from './checks.ts';
import type { PolicyAssertion } from './compiled-policy.ts';
import { factsOf } from './facts.ts';
import type { Findings } from './findings.ts';
import type { Subject } from './subject.ts';

const ID = 'policy.assertion';

/** An assertion holds when it is strictly true; an error in it is no answer, and so not true. */
export function checkAssertions(
  checks: CheckList<PolicyCheckId>,
  assertions: readonly PolicyAssertion[],
  subject: Subject,
  { now, warn }: Findings,
): void {
  if (assertions.length === 0) return;
  const facts = factsOf(subject, now);
  let denied = false;
  for (const { id, message, enforce, ask } of assertions) {
    const answer = ask(facts);
    if (answer.outcome === 'true') continue;
    const why = answer.outcome === 'error' ? `error: ${answer.because}` : 'false';
    if (enforce === 'warn') {
      warn(`${id}: ${message} (${why})`);
      continue;
    }
    denied = true;
    const path = `policy.spec.assertions.${id}`;
    checks.fail(ID, { want: message, got: why }, { path });
  }
  if (!denied) checks.pass(ID);
}
