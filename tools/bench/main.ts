import { availableParallelism, cpus } from 'node:os';
import { FAULTS, Fault } from '../../src/core/fault.ts';
import { brokerTrials } from './broker/trials.ts';
import { gatewayTrials } from './gateway/trials.ts';
import { ledgerMeasurements } from './ledger/measurements.ts';
import { Scratch } from './ledger/scratch.ts';
import { type Measurement, measure, type Pace, type Result } from './measure.ts';
import { nvidiaMeasurements } from './nvidia/measurements.ts';
import { readOptions, selectRows } from './options.ts';
import { policyMeasurements } from './policy/measurements.ts';
import { renderJson, renderTable } from './report.ts';
import { sealedMeasurements } from './sealed/measurements.ts';
import { sshTrials } from './session/ssh-trial.ts';
import { tlsTrials } from './session/tls-trial.ts';
import { sessionTrials } from './session/trials.ts';
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
limit.insert.signed makes one Ed25519 signature besides each time, ledger.append.signed is ledger.append held against it;
limit.insert.thread has a thread for them, which is asked for each, as a service has to do that serves others meanwhile;
limit.sync is what the disk takes for the pages of one append: the quicker it is, the more of it the signature is.
ledger.prove and ledger.verify are about one leaf of a million. audit.replay makes recorded decisions
about the machine of node.8gpu-4switch again from a database, limit.verify only verifies them.
sealed.setup begins a request to an MLKEM768-X25519 key that was imported before, sealed.open is the other end;
limit.x-wing is one ML-KEM encapsulation, one new X25519 key and one agreement. Chunks are AES-256-GCM.
gateway.* are a whole gateway with the threads that it has on this machine, and TDX machines without
devices, 64 at a time: gateway.admit answers to challenges until their leaves are durable,
limit.admit the verifier and the same records ready made; gateway.verify requests over loopback, 8 at
once. gateway.fleet.* have n nodes in the database, of SQLite where no other is named, all of them admitted:
gateway.fleet.<n> calls those of them that are due in rounds, the others have nothing to do;
gateway.fleet.verify.<n> is gateway.verify at such a gateway; gateway.fleet.admit.<n> has 64 machines more enrol,
be challenged and be admitted over loopback, 16 at once, and takes them off the list again between measurements.
limit.gateway.appraise is the verifier by itself, in one thread. loop is how late the event loop was; rss is of the
whole process, with threads that ask and machines that sign, after the rows before; heap is of the gateway's own thread.
broker.relay has answers of 16 MiB go through a whole gateway, in MiB a second, limit.pipe through a bare pipe
of node:http between the same ends; agent, relay and client share one process and its one thread.
broker.relay.kept can be continued after a broken connection. broker.peer.nginx is the same through nginx,
unbuffered, where that is installed: it has a process of its own, and another core. broker.idle opens streams that then
stand still, through a gateway in a process of its own: rssEach and heapEach are bytes of it a stream.
session.* are a client, a whole gateway and a whole agent before a model server, over loopback, all in one process;
limit.session.plain.* the same server behind a bare pipe, asked by fetch. session.ttft is one request after the
other until the first word; session.tokens four streams of 1,000 words at once, per second of CPU time of all
these together, streamCpuMs that of one stream. tls.connect is a connection to a machine that was verified before,
limit.tls.plain one of node:tls to the same server; firstMs has the verification in it. ssh.connect is the system's ssh to a real sshd, until a command there has ended:
within the window of one verification, its host key from postern known-hosts; limit.ssh.plain the same with a file of
known hosts. firstMs has the verification in it, proveMs is postern ssh, which has the machine answer for the connection
besides. postern is run as it is installed, from dist/, which is built first, and anew each time that ssh asks.`;

/** Rows of one call after the other in two minutes. */
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
  const trials = [
    ...gatewayTrials(scratch, process.env['POSTERN_TEST_POSTGRES'], warn),
    ...sessionTrials(scratch),
    ...tlsTrials(scratch),
    ...sshTrials(scratch, warn),
    ...brokerTrials(scratch, warn),
  ];
  const isOfTrials = only !== '' && trials.some(({ name }) => name.startsWith(only));
  const all = [...(isOfTrials ? [] : await measurementsOf(scratch)), ...trials];
  const rows = selectRows(all, only);
  if (!globalThis.gc) {
    warn('without --expose-gc one row pays for another’s garbage');
  }
  const measurements = rows.filter((row) => 'subject' in row);
  const results: Result[] = [...(await measure(measurements, PACE))];
  for (const row of rows) if ('run' in row) results.push(await row.run());
  if (json) return renderJson(results);
  const cores = `${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown CPU'}`;
  const machine = `Node ${process.versions.node}, ${cores}`;
  return `${machine}\n\n${renderTable(results, rows)}\n${NOTES}\n`;
}

/** Those of one call after the other; making their evidence takes a while. */
async function measurementsOf(scratch: Scratch): Promise<readonly Measurement[]> {
  return [
    ...(await tdxMeasurements()),
    ...(await snpMeasurements()),
    ...(await nvidiaMeasurements()),
    ...(await policyMeasurements()),
    ...(await ledgerMeasurements(scratch)),
    ...(await sealedMeasurements()),
    ...(await snpPeerMeasurements(warn)),
  ];
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
