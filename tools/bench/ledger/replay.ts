import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { BundleVerifier } from '../../../src/appraisal/bundle/verifier.ts';
import { ReplayRun } from '../../../src/cli/audit/replay-run.ts';
import { captureDecision } from '../../../src/ledger/record/capture.ts';
import { recordedResult } from '../../../src/ledger/record/outcome.ts';
import type { StoredLeaf } from '../../../src/ledger/store.ts';
import { StoreTiles } from '../../../src/ledger/store-tiles.ts';
import { AuthenticatedTiles } from '../../../src/ledger/tiles/authenticated-tiles.ts';
import { LedgerWriter } from '../../../src/ledger/writer/ledger-writer.ts';
import { openStore } from '../../../src/store/open.ts';
import { accepted } from '../accepted.ts';
import type { Workload } from '../measure.ts';
import type { NodeEvidence } from '../nvidia/evidence.ts';
import { pick } from '../pool.ts';
import { benchIdentity } from './append.ts';
import type { Scratch } from './scratch.ts';

const ENGINE = 'postern/0.0.0-bench';

/**
 * Recorded decisions made again, each from the database: leaf, record, what it saw; beside the bare
 * verification of the same bundles. Chains and manifests were seen before, in both.
 */
export async function replayWorkloads(
  { anchors, at, endorsements, bundles }: NodeEvidence,
  scratch: Scratch,
): Promise<{ readonly replay: Workload; readonly bare: Workload }> {
  const store = await openStore({
    file: scratch.path('replay.sqlite'),
    archiveKey: randomBytes(32),
  });
  const writer = await LedgerWriter.open({
    store,
    identity: benchIdentity(),
    holder: 'bench',
    now: () => Date.now(),
    pause: (ms) => setTimeout(ms, undefined, { ref: false }),
  });
  scratch.onEnd(() => store.close());
  const verifier = new BundleVerifier(anchors);
  for (const bundle of bundles) {
    const input = { bundle, endorsements, at, anchors };
    const verified = verifier.verify(input);
    const { leaf, entry, record, manifest, blobs } = captureDecision({
      id: randomBytes(16).toString('hex'),
      time: Date.now(),
      engine: ENGINE,
      salt: randomBytes(32),
      input,
      verified,
      result: recordedResult(verified),
    });
    const all = [{ digest: record, bytes: manifest }, ...blobs];
    const uses = all.map(({ digest }) => digest);
    await writer.append({
      id: leaf.id,
      entry,
      record: { at: leaf.time, manifest: record, uses },
      blobs: all,
    });
  }
  await writer.close();
  const leaves = await store.leaves(0, bundles.length);
  const head = await store.head();
  if (head === undefined) throw new Error('the bench has a log');
  const tiles = await AuthenticatedTiles.open(new StoreTiles(store), head);
  return {
    replay: {
      name: 'audit.replay',
      mostCalls: bundles.length - 1,
      prepare: async () => {
        const run = new ReplayRun(store, tiles, ENGINE);
        const results = run.replay(inOrder(leaves));
        const next = async () => {
          const { value } = await results.next();
          if (!value || !('outcome' in value) || value.outcome !== 'same') {
            throw new Error('not the same');
          }
        };
        await next();
        return next;
      },
    },
    bare: {
      name: 'limit.verify',
      mostCalls: bundles.length - 1,
      prepare: () => {
        const own = new BundleVerifier(anchors);
        const verify = (call: number) =>
          accepted(own.verify({ bundle: pick(bundles, call), endorsements, at }));
        verify(0);
        return (call) => verify(call + 1);
      },
    },
  };
}

async function* inOrder(leaves: readonly StoredLeaf[]): AsyncGenerator<StoredLeaf> {
  yield* leaves;
}
