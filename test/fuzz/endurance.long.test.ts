import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { anchorFromCertificate } from '../../src/core/x509/anchors.ts';
import type { TdxCollateral } from '../../src/evidence/tdx/collateral.ts';
import { TdxVerifier } from '../../src/evidence/tdx/verifier.ts';
import { createTdxPlatform } from '../../src/simulator/tdx/platform.ts';
import { inputOf } from './evidence.ts';

const platform = await createTdxPlatform({ seed: 'endurance' });
const anchors = [anchorFromCertificate(platform.root, 'anchor')];
const { collateral } = platform;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const MIB = 1024 * 1024;
/** The engine gives freed pages back late; a leak of one quote in ten would be 100 MiB and more. */
const RESIDENT_SLACK = 96;

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
  expect(late.resident - early.resident).toBeLessThan(RESIDENT_SLACK);
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

  it('over 6,000 sets of collateral, good ones written in ever new ways', () => {
    const verifier = new TdxVerifier(anchors);
    const quote = platform.quote();
    let early: Held | undefined;
    for (let index = 0; index < 6_000; index++) {
      if (index === 2_500) early = held();
      const { verdict } = verifier.verify(inputOf({ quote, collateral: rewritten(index) }));
      if (verdict !== 'accept') expect.fail(`set ${index}: ${verdict}`);
    }
    if (early === undefined) throw new RangeError('never measured');
    expectFlat('6,000 sets of collateral', early, held());
  });
});

/** The same signatures, remembered as different ones: hex has two cases for most of its digits. */
function rewritten(index: number): TdxCollateral {
  const { tcb_info_signature = '' } = collateral;
  let bit = 0;
  const cased = tcb_info_signature.replaceAll(/[a-f]/g, (digit) =>
    (index >> bit++) & 1 ? digit.toUpperCase() : digit,
  );
  return { ...collateral, tcb_info_signature: cased };
}
