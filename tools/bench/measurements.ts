import { simulateEvidence } from './evidence.ts';
import { limitWorkloads } from './limits.ts';
import type { Measurement } from './measure.ts';
import { peerWorkload } from './peer.ts';
import { tdxWorkloads } from './tdx.ts';

/** All rows, in the order printed. */
export async function tdxMeasurements(): Promise<readonly Measurement[]> {
  const evidence = await simulateEvidence();
  const limit = limitWorkloads(evidence);
  const peer = peerWorkload(evidence);
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

function row(measurement: Omit<Measurement, 'name'>): Measurement {
  return { name: measurement.subject.name, ...measurement };
}
