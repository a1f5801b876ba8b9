import { describe, expect, it } from 'vitest';
import { BundleVerifier, verifyBundle } from '../../../src/appraisal/bundle/verifier.ts';
import { parseDecisionLeaf } from '../../../src/ledger/leaf/entry.ts';
import type { CapturedDecision } from '../../../src/ledger/record/capture.ts';
import { checkRecord } from '../../../src/ledger/record/check-record.ts';
import { parseManifest } from '../../../src/ledger/record/manifest.ts';
import { Replayer, replayDecision } from '../../../src/ledger/record/replay.ts';
import { simulateBundle } from '../../../src/simulator/bundle/simulate.ts';
import { challenged, policyFor, wholeMachine } from '../../support/policy.ts';
import { captured, ENGINE, givenOf, lookup, rewritten, used } from '../../support/record.ts';

const MONTH = 31 * 24 * 3600_000;

function replayed(one: CapturedDecision, engine = ENGINE) {
  return replayDecision(one.manifest, lookup(one), { engine });
}

const machine = await wholeMachine();
const { nonce } = machine.plan;
const whole = givenOf(machine, { endorsements: machine.published, expected: { nonce } });
const decision = captured(whole);
const policed = captured(whole, used(policyFor(challenged(machine))));

describe('a decision that was recorded', () => {
  it('comes out the same, with a policy and without', () => {
    const same = { outcome: 'same', verdict: 'accept', codes: [], anchors: 'simulator' };
    expect(replayed(decision)).toEqual(same);
    expect(replayed(policed)).toEqual(same);
    for (const { entry, manifest } of [decision, policed]) {
      expect(checkRecord(parseDecisionLeaf(entry), parseManifest(manifest))).toEqual([]);
    }
  });

  it('is the same to who replays many', () => {
    const replayer = new Replayer({ engine: ENGINE });
    for (const one of [decision, policed, decision, policed]) {
      expect(replayer.replay(one.manifest, lookup(one)).outcome).toBe('same');
    }
  });

  it('is made again at its own time, while a fresh look a month on accepts it no more', async () => {
    const node = await simulateBundle({ gpus: 8, switches: 4 });
    const given = givenOf(node, { endorsements: node.published });
    expect(replayed(captured(given))).toMatchObject({ outcome: 'same', verdict: 'accept' });
    const { at } = given;
    const later = Object.fromEntries(Object.entries(at).map(([kind, ms]) => [kind, ms + MONTH]));
    const fresh = { ...given, at: later as unknown as typeof at };
    expect(verifyBundle(fresh).verdict).not.toBe('accept');
    // And what was seen then is recorded as well as what was seen before.
    expect(replayed(captured(fresh))).toMatchObject({ outcome: 'same' });
  });
});

describe('what is archived no more, or otherwise', () => {
  it('is not replayable without any one of its blobs', () => {
    for (const { digest } of policed.blobs) {
      const blobs = policed.blobs.filter((one) => one.digest !== digest);
      expect(replayDecision(policed.manifest, lookup({ blobs }), { engine: ENGINE })).toEqual({
        outcome: 'not-replayable',
        because: `${digest}: is not archived any more`,
      });
    }
  });

  it('is not replayable with a byte of any blob flipped, whatever was replayed before', () => {
    const replayer = new Replayer({ engine: ENGINE });
    expect(replayer.replay(policed.manifest, lookup(policed)).outcome).toBe('same');
    for (const { digest } of policed.blobs) {
      const blobs = policed.blobs.map((one) => {
        const middle = one.bytes.length >> 1;
        const bytes = one.bytes.with(middle, (one.bytes[middle] ?? 0) ^ 1);
        return one.digest === digest ? { digest, bytes } : one;
      });
      expect(replayer.replay(policed.manifest, lookup({ blobs }))).toMatchObject({
        outcome: 'not-replayable',
        because: expect.stringMatching(new RegExp(`^${digest}: the archive has other bytes`)),
      });
    }
  });
});

describe('where the decision alone is compared', () => {
  const replayer = new Replayer({ engine: ENGINE, compare: 'decision' });
  const altered = (member: Record<string, string>) =>
    rewritten(decision.manifest, (value) => {
      value['result'] = { ...(value['result'] as object), ...member };
      return value;
    });

  it('what people read of it is passed over', () => {
    const manifest = altered({ digest: `sha256:${'0'.repeat(64)}` });
    expect(replayer.replay(manifest, lookup(decision))).toMatchObject({ outcome: 'same' });
  });

  it('and nothing else', () => {
    const manifest = altered({ verdict: 'indeterminate' });
    expect(replayer.replay(manifest, lookup(decision))).toMatchObject({
      outcome: 'different',
      which: ['verdict'],
      replayed: { digest: parseManifest(decision.manifest).result.digest },
    });
  });
});

describe('another engine', () => {
  it('that comes to the same says so', () => {
    expect(replayed(decision, 'postern/9.0.0')).toMatchObject({
      outcome: 'same',
      verdict: 'accept',
      codes: [],
      note: 'postern/1.2.3 decided, and postern/9.0.0 comes to the same',
    });
  });

  it('that says the same in other words says that', () => {
    const manifest = rewritten(decision.manifest, (value) => {
      value['result'] = { ...(value['result'] as object), digest: `sha256:${'0'.repeat(64)}` };
      return value;
    });
    expect(replayDecision(manifest, lookup(decision), { engine: 'postern/9.0.0' })).toMatchObject({
      outcome: 'same',
      note: 'postern/1.2.3 decided, and postern/9.0.0 comes to the same, in other words',
    });
    expect(replayDecision(manifest, lookup(decision), { engine: ENGINE })).toMatchObject({
      outcome: 'different',
      which: ['result'],
    });
  });

  it('that comes to something else can’t judge the decision', () => {
    const manifest = rewritten(decision.manifest, (value) => {
      value['result'] = { ...(value['result'] as object), verdict: 'reject' };
      return value;
    });
    expect(replayDecision(manifest, lookup(decision), { engine: 'postern/9.0.0' })).toEqual({
      outcome: 'not-replayable',
      because:
        'by its own word postern/1.2.3 decided reject, and postern/9.0.0 comes to accept: another verdict',
      anchors: 'simulator',
    });
    expect(replayDecision(manifest, lookup(decision), { engine: ENGINE })).toMatchObject({
      outcome: 'different',
      which: ['verdict'],
      recorded: { verdict: 'reject' },
      replayed: { verdict: 'accept' },
    });
  });
});

it('what is no manifest is not replayable, and why is located', () => {
  expect(replayDecision(new Uint8Array(), () => undefined, { engine: ENGINE })).toEqual({
    outcome: 'not-replayable',
    because: expect.stringMatching(/^manifest: /),
  });
});

it('a verifier that remembers answers like one that does not', () => {
  const { anchors, ...input } = whole;
  const verifier = new BundleVerifier(anchors);
  verifier.verify(input);
  const verified = verifier.verify(input);
  expect(captured(whole, undefined, { verified }).manifest).toEqual(decision.manifest);
});
