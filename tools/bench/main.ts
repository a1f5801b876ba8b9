import { cpus } from 'node:os';
import { FAULTS, Fault } from '../../src/core/fault.ts';
import { brokerMeasurements } from './broker/measurements.ts';
import { ledgerMeasurements } from './ledger/measurements.ts';
import { Scratch } from './ledger/scratch.ts';
import { measure, type Pace } from './measure.ts';
import { nvidiaMeasurements } from './nvidia/measurements.ts';
import { readOptions, selectRows } from './options.ts';
import { policyMeasurements } from './policy/measurements.ts';
import { renderJson, renderTable } from './report.ts';
import { snpMeasurements } from './snp/measurements.ts';
import { snpPeerMeasurements } from './snp/peer.ts';
import { tdxMeasurements } from './tdx/measurements.ts';

const USAGE = 'usage: npm run bench [-- --json] [-- --only <prefix>]';

const NOTES = `Evidence is the simulator's, the same for both sides of a ratio; ratios above 1 are faster.
tdx.cold and the peer start from the quote's bytes and the bytes of one collateral file;
snp.cold and snp.warm from the bytes of report, VCEK, ASK and ARK. peer.tinfoil and
snp.cold.peer verify one genuine report, its CAs built in. nvidia.cold starts from the bytes of
report, chain, two manifests and seven OCSP responses; node.8gpu-4switch from one bundle file.
appraise.* holds what is verified against a policy of 200 reference sets, of which it is the last;
policy.read reads that policy. ledger.append puts leaves into a log of SQLite, one
at a time or 64 together with the next 64 behind them, ledger.record.64 decisions with 27 KB each of what they saw, sealed;
limit.insert and limit.rows the same rows, full tiles among them, ready made, by bare SQLite and as durable;
limit.insert.thread has a thread for them, which is asked for each, as a service has to do that serves others meanwhile.
ledger.prove and ledger.verify are about one leaf of a million. audit.replay makes recorded decisions
about the machine of node.8gpu-4switch again from a database, limit.verify only verifies them.
broker.relay has answers of 16 MiB go through a whole gateway, limit.pipe through a bare pipe of
node:http between the same ends; agent, relay and client share one process.`;

/** All rows in two minutes. */
const PACE: Pace = {
  now: () => performance.now(),
  // Minor: a full collection would also throw away compiled code.
  collect: () => globalThis.gc?.({ type: 'minor', execution: 'sync' }),
  rounds: 41,
  sliceMs: 40,
  // A verification takes a millisecond: V8 wants thousands before it settles on its code.
  warmUpMs: 3000,
};

function warn(text: string): void {
  process.stderr.write(`bench: ${text}\n`);
}

async function bench(args: readonly string[], scratch: Scratch): Promise<string> {
  const { json, only } = readOptions(args);
  const all = [
    ...(await tdxMeasurements()),
    ...(await snpMeasurements()),
    ...(await nvidiaMeasurements()),
    ...(await policyMeasurements()),
    ...(await ledgerMeasurements(scratch)),
    ...(await brokerMeasurements(scratch)),
    ...(await snpPeerMeasurements(warn)),
  ];
  const measurements = selectRows(all, only);
  if (!globalThis.gc) {
    warn('without --expose-gc one row pays for another’s garbage');
  }
  const results = await measure(measurements, PACE);
  if (json) return renderJson(results);
  const machine = `Node ${process.versions.node}, ${cpus()[0]?.model ?? 'unknown CPU'}`;
  return `${machine}\n\n${renderTable(results, measurements)}\n${NOTES}\n`;
}

const scratch = new Scratch();
try {
  process.stdout.write(await bench(process.argv.slice(2), scratch));
} catch (error) {
  if (!(error instanceof Fault)) throw error;
  process.stderr.write(`${error.message}\n${USAGE}\n`);
  process.exitCode = FAULTS[error.code].exit;
} finally {
  await scratch.end();
}
