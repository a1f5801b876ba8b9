import { type Measurement, row } from '../measure.ts';
import { simulateTdxEvidence } from './evidence.ts';
import { tdxLimits } from './limits.ts';
import { dcapQvlWorkload } from './peer.ts';
import { tdxWorkloads } from './workloads.ts';

/** The rows about TDX, in the order printed. */
export async function tdxMeasurements(): Promise<readonly Measurement[]> {
  const evidence = await simulateTdxEvidence();
  const limit = tdxLimits(evidence);
  const peer = dcapQvlWorkload(evidence);
  const tdx = tdxWorkloads(evidence);
  return [
    row({ subject: limit.p256 }),
    row({ subject: limit.tdx }),
    row({ subject: peer }),
    row({ subject: tdx.cold, against: peer, atLeast: 3 }),
    { name: 'tdx.cold.limit', subject: tdx.cold, against: limit.tdx, atLeast: 0.1 },
    row({ subject: tdx.warm, against: limit.tdx, atLeast: 0.8 }),
    row({ subject: tdx.again, against: limit.p256, atLeast: 0.7 }),
    row({ subject: tdx.parse }),
    row({ subject: tdx.collateral }),
    row({ subject: tdx.eventLog }),
  ];
}
