import { formatTime } from '../../core/encoding/time.ts';
import type { DocumentFacts, TdxCollateralFacts } from './facts.ts';

/**
 * In what a set is older than one we already hold, one phrase each; empty when in nothing.
 *
 * Old collateral keeps its valid signature until nextUpdate, so a mirror can hide a TCB
 * recovery or a revocation by serving what was true weeks ago.
 */
export function olderThanHeld(served: TdxCollateralFacts, held: TdxCollateralFacts): string[] {
  return [
    ...olderDocument(served.tcbInfo, held.tcbInfo),
    ...olderDocument(served.qeIdentity, held.qeIdentity),
    ...olderDocument(served.pckCrl, held.pckCrl),
    ...olderDocument(served.rootCaCrl, held.rootCaCrl),
  ];
}

function olderDocument(served: DocumentFacts, held: DocumentFacts): string[] {
  const older: string[] = [];
  const numbers = [served.evaluationDataNumber ?? 0, held.evaluationDataNumber ?? 0] as const;
  if (numbers[0] < numbers[1]) {
    older.push(`${served.name} of evaluation data number ${numbers[0]}, held ${numbers[1]}`);
  }
  if (served.validity.from < held.validity.from) {
    const [from, than] = [formatTime(served.validity.from), formatTime(held.validity.from)];
    older.push(`${served.name} issued ${from}, held ${than}`);
  }
  return older;
}
