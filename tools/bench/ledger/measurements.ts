import { type Measurement, row } from '../measure.ts';
import { simulateNodeEvidence } from '../nvidia/evidence.ts';
import {
  appendWorkloads,
  GROUP,
  insertLimit,
  insertThreadLimit,
  signedInsertLimit,
  syncLimit,
} from './append.ts';
import { proofWorkloads } from './proofs.ts';
import { replayWorkloads } from './replay.ts';
import type { Scratch } from './scratch.ts';

/** The rows about ledgers, in the order printed. */
export async function ledgerMeasurements(scratch: Scratch): Promise<readonly Measurement[]> {
  const append = await appendWorkloads(scratch);
  const proofs = await proofWorkloads();
  const replay = await replayWorkloads(await simulateNodeEvidence(), scratch);
  return [
    row({ subject: syncLimit(scratch) }),
    row({ subject: append.one, against: await insertLimit(scratch, 1), atLeast: 0.6 }),
    row({
      subject: { ...append.one, name: 'ledger.append.signed' },
      against: await signedInsertLimit(scratch),
      atLeast: 0.6,
    }),
    row({
      subject: append.offLoop,
      against: await insertThreadLimit(scratch),
      atLeast: 0.6,
    }),
    row({ subject: append.grouped, against: await insertLimit(scratch, GROUP), atLeast: 0.6 }),
    row({ subject: append.recorded, against: await insertLimit(scratch, GROUP, 'decisions') }),
    row({ subject: proofs.prove }),
    row({ subject: proofs.verify, against: proofs.limit }),
    row({ subject: replay.replay, against: replay.bare, atLeast: 0.7 }),
  ];
}
