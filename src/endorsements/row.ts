import { formatTime } from '../core/encoding/time.ts';
import type { TdxCollateralFacts } from './intel/facts.ts';
import type { TdxEndorsementKey } from './intel/key.ts';
import type { Provenance } from './intel/stored.ts';

/** One set of endorsements as the CLI shows it; times are RFC 3339. */
export interface EndorsementRow {
  readonly fmspc: string;
  readonly ca: string;
  /** `standard`, `early` or the evaluation data number. */
  readonly channel: string;
  readonly path: string;
  readonly source?: string;
  readonly fetchedAt?: string;
  readonly tcbEvaluationDataNumber?: number;
  readonly qeEvaluationDataNumber?: number;
  /** Of the TCB info. */
  readonly issueDate?: string;
  /** The earliest of the four documents. */
  readonly nextUpdate?: string;
}

export function keyRow({ fmspc, ca, channel }: TdxEndorsementKey, path: string): EndorsementRow {
  return { fmspc, ca, channel: String(channel), path };
}

export function provenanceRow({ source, fetchedAt }: Provenance) {
  return { source, fetchedAt: formatTime(fetchedAt) };
}

export function factsRow({ tcbInfo, qeIdentity, nextUpdate }: TdxCollateralFacts) {
  return {
    tcbEvaluationDataNumber: tcbInfo.evaluationDataNumber,
    qeEvaluationDataNumber: qeIdentity.evaluationDataNumber,
    issueDate: formatTime(tcbInfo.validity.from),
    nextUpdate: formatTime(nextUpdate),
  };
}
