import { toHex } from '../../core/bytes/hex.ts';
import type { CheckList } from '../../evidence/check-list.ts';
import { ALG_SHA256 } from '../../evidence/vtpm/tpm-algorithms.ts';
import type { VtpmRules } from '../policy/schema/vtpm.ts';
import type { PolicyCheckId } from './checks.ts';
import { passedIn } from './passed-in.ts';
import type { Subject } from './subject.ts';

type Checks = CheckList<PolicyCheckId>;

/** What the paravisor's vTPM shows of the guest; without a vTPM all of it stays open. */
export function checkVtpmRules(
  checks: Checks,
  { quote, pcrs }: VtpmRules,
  { vtpm, whole }: Subject,
): void {
  const id = 'policy.vtpm.quote';
  // In a bundle the nonce is its sender's, unless it is held against the appraiser's own.
  const asked = !('pieces' in whole) || passedIn(whole.checks, 'bundle.nonce');
  if (typeof quote === 'object') checks.skipped(id, quote.skip);
  else if (vtpm && asked && passedIn(vtpm.checks, 'vtpm.quote.nonce')) checks.pass(id);
  else checks.unresolved(id, 'no TPM quote over a nonce of the appraiser’s');
  checkPcrs(checks, pcrs, vtpm);
}

function checkPcrs(checks: Checks, wanted: VtpmRules['pcrs'], vtpm: Subject['vtpm']): void {
  const id = 'policy.vtpm.pcrs';
  if (isSkip(wanted)) {
    checks.skipped(id, wanted.skip);
    return;
  }
  const quoted = new Map(
    (vtpm?.pcrs ?? [])
      .filter(({ hash }) => hash === ALG_SHA256)
      .map(({ index, value }) => [`${index}`, toHex(value)]),
  );
  const entries = Object.entries(wanted);
  const other = entries.filter(
    ([index, value]) => quoted.has(index) && quoted.get(index) !== value,
  );
  const open = entries.filter(([index]) => !quoted.has(index)).map(([index]) => index);
  if (other.length > 0) {
    checks.fail(id, {
      want: other.map(([index, value]) => `PCR ${index} ${value}`).join(', '),
      got: other.map(([index]) => `PCR ${index} ${quoted.get(index)}`).join(', '),
    });
  } else if (open.length > 0) {
    checks.unresolved(id, `no quote proves PCR ${open.join(', ')} of the SHA-256 bank`);
  } else checks.pass(id);
}

function isSkip(rule: VtpmRules['pcrs']): rule is { skip: string } {
  return 'skip' in rule;
}
