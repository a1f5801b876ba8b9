import { randomBytes } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { bundleClocksAt } from '../../../src/appraisal/bundle/input.ts';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { captureDecision } from '../../../src/ledger/record/capture.ts';
import type { NewEntry } from '../../../src/ledger/writer/batch.ts';
import type { StoreOptions } from '../../../src/store/open.ts';
import type { Result } from '../measure.ts';
import { pick } from '../pool.ts';
import { compare, type Heat, type Side } from '../trial.ts';
import { AT_ONCE, type BenchGateway, benchGateway, enrolNode } from './bench-gateway.ts';
import { type FleetEvidence, PURPOSE } from './fleet-evidence.ts';
import { rawAppraiser } from './raw.ts';

/**
 * Machines that answer their challenges all at the same time, each admitted with a leaf that is
 * durable before it is told; beside the verifier by itself, and the same records ready made.
 *
 * @param place a database for the gateway, and one for what it is held against.
 */
export async function admissions(
  kind: string,
  place: (name: string) => Promise<StoreOptions>,
  evidence: FleetEvidence,
  heat: Heat,
): Promise<Result> {
  const gateway = await benchGateway(await place('gateway'), evidence);
  try {
    const bare = await benchGateway(await place('bare'), evidence);
    try {
      return await compare(
        await admitting(`gateway.admit.${kind}`, gateway, evidence),
        verifyingAndAppending(`limit.admit.${kind}`, bare, evidence),
        heat,
      );
    } finally {
      await bare.close();
    }
  } finally {
    await gateway.close();
  }
}

async function admitting(
  name: string,
  gateway: BenchGateway,
  { machines }: FleetEvidence,
): Promise<Side> {
  const { service } = gateway;
  const ids: string[] = [];
  for (const i of machines.keys()) ids.push(await enrolNode(gateway, `node-${i}`));
  return {
    name,
    prepare: async () => {
      const shown = await Promise.all(
        machines.map(async ({ bundle }, i) => {
          const id = pick(ids, i);
          const { nonce, purpose } = await service.challenge(id);
          return { id, nonce, bundle: bundle({ nonce, purpose }) };
        }),
      );
      return async () => {
        const answers = await Promise.all(
          shown.map(({ id, ...attestation }) => service.attest(id, attestation)),
        );
        const other = answers.find(({ verdict }) => verdict !== 'accept');
        if (other !== undefined) throw new Error(`not admitted: ${other.reasons[0]?.text}`);
        return answers.length;
      };
    },
  };
}

function verifyingAndAppending(
  name: string,
  { writer }: BenchGateway,
  evidence: FleetEvidence,
): Side {
  const { workOf, appraise } = rawAppraiser(evidence);
  const { anchors, used, at } = evidence;
  return {
    name,
    prepare: async () => {
      const ready = evidence.machines.map(({ bundle }) => {
        const nonce = new Uint8Array(randomBytes(32));
        const work = workOf(bundle({ nonce, purpose: PURPOSE }), { nonce, purpose: PURPOSE });
        const { endorsements, expected } = work;
        const { verified, appraisal, result } = appraise(work);
        const captured = captureDecision({
          id: toHex(randomBytes(16)),
          time: at,
          engine: 'postern/0.0.0-bench',
          salt: new Uint8Array(randomBytes(32)),
          input: { bundle: work.bundle, at: bundleClocksAt(at), anchors, endorsements, expected },
          verified,
          result,
          decided: { policy: used, appraisal },
        });
        return { work, entry: entryOf(captured) };
      });
      return async () => {
        const appended: Promise<unknown>[] = [];
        for (const [i, { work, entry }] of ready.entries()) {
          appraise(work);
          appended.push(writer.append(entry));
          if ((i + 1) % AT_ONCE === 0) await setImmediate();
        }
        await Promise.all(appended);
        return ready.length;
      };
    },
  };
}

function entryOf({
  leaf,
  entry,
  record,
  manifest,
  blobs,
}: ReturnType<typeof captureDecision>): NewEntry {
  const all = [{ digest: record, bytes: manifest }, ...blobs];
  const uses = all.map(({ digest }) => digest);
  return { id: leaf.id, entry, record: { at: leaf.time, manifest: record, uses }, blobs: all };
}
