import { formatTime } from '../../core/encoding/time.ts';
import { Fault } from '../../core/fault.ts';
import type { TrustAnchor } from '../../core/x509/anchors.ts';
import { clocksAt } from '../../evidence/tdx/clocks.ts';
import type { TdxCollateral } from '../../evidence/tdx/collateral.ts';
import { verifyTdxCollateral } from '../../evidence/tdx/verify-collateral.ts';
import { checkText } from '../check-text.ts';
import type { Judged } from '../judged.ts';
import { type TdxCollateralFacts, tdxCollateralFacts } from './facts.ts';
import { type TdxEndorsementKey, tdxKeyText } from './key.ts';

export type Judgement = Judged<{ readonly facts: TdxCollateralFacts }>;

export function judgeTdxCollateral(
  key: TdxEndorsementKey,
  collateral: TdxCollateral,
  anchors: readonly TrustAnchor[],
  now: number,
): Judgement {
  const { verdict, checks } = verifyTdxCollateral(collateral, { anchors, at: clocksAt(now) });
  const open = checks.filter(({ outcome }) => outcome === 'fail' || outcome === 'unresolved');
  const reason = open.map(checkText).join('; ');
  if (verdict === 'reject') return { state: 'refused', because: reason, checks: open };
  const facts = readFacts(collateral);
  if (facts instanceof Fault) return { state: 'refused', because: facts.message, checks: open };
  const strangers = mismatches(key, facts);
  if (strangers.length > 0) {
    return { state: 'refused', because: strangers.join('; '), checks: open };
  }
  if (verdict === 'accept') return { state: 'current', facts };
  const because = reason || `not every check could be made at ${formatTime(now)}`;
  return { state: 'outdated', facts, because, checks: open };
}

function readFacts(collateral: TdxCollateral): TdxCollateralFacts | Fault {
  try {
    return tdxCollateralFacts(collateral);
  } catch (error) {
    if (error instanceof Fault && error.code !== 'internal') return error;
    throw error;
  }
}

/** Genuine documents of another platform, CA or evaluation than asked for. */
function mismatches(key: TdxEndorsementKey, facts: TdxCollateralFacts): string[] {
  const { fmspc, ca, channel } = key;
  const wrong: string[] = [];
  if (facts.fmspc !== fmspc) wrong.push(`TCB info is for FMSPC ${facts.fmspc}`);
  if (facts.ca !== ca)
    wrong.push(`PCK CRL is of ${facts.ca ? `the ${facts.ca} CA` : 'another CA'}`);
  for (const { name, evaluationDataNumber } of [facts.tcbInfo, facts.qeIdentity]) {
    if (typeof channel === 'number' && evaluationDataNumber !== channel) {
      wrong.push(`${name} has evaluation data number ${evaluationDataNumber}`);
    }
  }
  return wrong.length === 0 ? [] : [`asked for ${tdxKeyText(key)}`, ...wrong];
}
