import { type Measurement, row } from '../measure.ts';
import { simulateNodeEvidence, simulateNvidiaEvidence } from './evidence.ts';
import { nodeLimit, reportLimit } from './limits.ts';
import { nodeWorkload, nvidiaWorkloads } from './workloads.ts';

/** The rows about NVIDIA's devices and whole machines, in the order printed. */
export async function nvidiaMeasurements(): Promise<readonly Measurement[]> {
  const evidence = simulateNvidiaEvidence();
  const node = await simulateNodeEvidence();
  // By the name of the row that shows it: the same primitive, over what a GPU signs.
  const limit = reportLimit(evidence);
  const nvidia = nvidiaWorkloads(evidence);
  const whole = nodeLimit(node);
  return [
    // Report, chain, two manifests and seven OCSP responses: 27 verifications, and the XML.
    row({ subject: nvidia.cold, against: limit, atLeast: 1 / 37 }),
    row({ subject: nvidia.warm, against: limit, atLeast: 0.9 }),
    row({ subject: whole }),
    row({ subject: nodeWorkload(node), against: whole, atLeast: 1 / 1.25 }),
  ];
}
