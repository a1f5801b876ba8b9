import type { CheckList } from '../../evidence/check-list.ts';
import type { PolicyCheckId } from './checks.ts';
import type { Findings } from './findings.ts';
import type { Subject } from './subject.ts';

export function checkAssertions(
  _checks: CheckList<PolicyCheckId>,
  _assertions: readonly unknown[],
  _subject: Subject,
  _findings: Findings,
): void {}
