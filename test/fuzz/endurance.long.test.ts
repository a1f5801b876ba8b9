import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { anchorFromCertificate } from '../../src/core/x509/anchors.ts';
import { TdxVerifier } from '../../src/evidence/tdx/verifier.ts';
import { createTdxPlatform } from '../../src/simulator/tdx/platform.ts';
import { inputOf } from './evidence.ts';

const platform = await createTdxPlatform({ seed: 'endurance' });
const anchors = [anchorFromCertificate(platform.root, 'anchor')];
const { collateral } = platform;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const MIB = 1024 * 1024;

interface Held {
  /** JavaScript objects and buffers. */
  readonly heap: number;
  /** The whole process; keys live outside the heap. */
  readonly resident: number;
}

function held(): Held {
  for (let i = 0; i < 3; i++) collectGarbage();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: (heapUsed + external) / MIB, resident: rss / MIB };
}

/** Every tenth quote has another attestation key: a platform section never seen before. */
function distinctQuote(index: number): Uint8Array {
  const reportData = new Uint8Array(64);
  new DataView(reportData.buffer).setUint32(0, index);
  const seed = `key ${Math.floor(index / 10)}`;
  return platform.quote({ reportData, attestationSeed: seed });
}

function expectFlat(name: string, early: Held, late: Held): void {
  process.stderr.write(
    `${name}: heap ${early.heap.toFixed(1)} to ${late.heap.toFixed(1)} MiB, resident ${early.resident.toFixed(0)} to ${late.resident.toFixed(0)} MiB\n`,
  );
  expect(late.heap - early.heap).toBeLessThan(4);
  expect(late.resident - early.resident).toBeLessThan(64);
}

describe('memory stays flat', () => {
  it('over 100,000 verifications of distinct quotes by 10,000 attestation keys', () => {
    const verifier = new TdxVerifier(anchors);
    let early: Held | undefined;
    for (let index = 0; index < 100_000; index++) {
      if (index === 20_000) early = held();
      const { verdict } = verifier.verify(inputOf({ quote: distinctQuote(index), collateral }));
      if (verdict !== 'accept') expect.fail(`quote ${index}: ${verdict}`);
    }
    if (early === undefined) throw new RangeError('never measured');
    expectFlat('100,000 quotes', early, held());
  });

  it('over 20,000 sets of collateral that a stranger made up', () => {
    const verifier = new TdxVerifier(anchors);
    const quote = platform.quote();
    const { tcb_info = '', tcb_info_signature = '' } = collateral;
    let early: Held | undefined;
    for (let index = 0; index < 20_000; index++) {
      if (index === 8_000) early = held();
      const made = {
        ...collateral,
        tcb_info: tcb_info.replace('{', () => `{"x":${index},`),
        // Some under a signature of their own, some all under one.
        ...(index % 2 === 0 && {
          tcb_info_signature: index.toString(16).padStart(8, '0') + tcb_info_signature.slice(8),
        }),
      };
      const { verdict } = verifier.verify(inputOf({ quote, collateral: made }));
      if (verdict !== 'reject') expect.fail(`set ${index}: ${verdict}`);
    }
    if (early === undefined) throw new RangeError('never measured');
    expectFlat('20,000 sets of collateral', early, held());
  });
});
