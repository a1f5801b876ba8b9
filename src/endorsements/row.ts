import { formatTime } from '../core/encoding/time.ts';
import type { Check, Verdict } from '../evidence/verdict.ts';
import type { AmdRow } from './amd/row.ts';
import type { TdxCollateralFacts } from './intel/facts.ts';
import type { TdxEndorsementKey } from './intel/key.ts';
import type { NvidiaRow } from './nvidia/row.ts';
import type { Provenance } from './provenance.ts';

/** One set of Intel's, or one document of AMD's or NVIDIA's, as the CLI shows it; times are RFC 3339. */
export type EndorsementRow = TdxRow | AmdRow | NvidiaRow;

export interface TdxRow {
  readonly kind?: undefined;
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

export type ListRow = EndorsementRow & {
  /** Why the file can't be read, at its place; then only what the file name says is there. */
  readonly problem?: string;
};

export type CheckRow = EndorsementRow & {
  readonly verdict: Verdict;
  readonly because?: string;
  readonly notPassed: readonly Check[];
};

/** What a judgement of something stored means for whoever relies on the folder. */
export const VERDICTS = {
  current: 'accept',
  outdated: 'indeterminate',
  refused: 'reject',
} as const satisfies Record<string, Verdict>;

/** `refused`: it answered, but with nothing that may be kept. What was stored before stays. */
export type FetchRow = EndorsementRow & {
  readonly outcome: 'stored' | 'refused' | 'unreachable';
  readonly because?: string;
  readonly notPassed: readonly Check[];
  readonly warnings: readonly string[];
};

export function keyRow({ fmspc, ca, channel }: TdxEndorsementKey, path: string): TdxRow {
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
