import { anchorFromCertificate } from '../../src/core/x509/anchors.ts';
import type { TdxCollateral } from '../../src/evidence/tdx/collateral.ts';
import { TdxVerifier } from '../../src/evidence/tdx/verifier.ts';
import { createTdxPlatform } from '../../src/simulator/tdx/platform.ts';
import { type Evidence, inputOf } from './evidence.ts';

/**
 * A program of its own, so that the memory it measures is the verifier's and not a test
 * runner's: `node --expose-gc -C postern-src endurance.ts <what> <verifications> <first sample>`
 * prints one {@link Held} in JSON after so many verifications, and another at the end.
 */
export type Endured = 'quotes' | 'collateral';

/** In MiB, once the garbage is collected. */
export interface Held {
  /** JavaScript objects and buffers. */
  readonly heap: number;
  /** The process without V8's heap, which grows in steps when it likes: keys live here. */
  readonly native: number;
}

const MIB = 1024 * 1024;

function collectGarbage(): void {
  if (globalThis.gc === undefined) throw new Error('start with --expose-gc');
  for (let i = 0; i < 3; i++) globalThis.gc();
}

function held(): Held {
  collectGarbage();
  const { heapUsed, heapTotal, external, rss } = process.memoryUsage();
  return { heap: (heapUsed + external) / MIB, native: (rss - heapTotal) / MIB };
}

const platform = await createTdxPlatform({ seed: 'endurance' });
const { collateral } = platform;
const quote = platform.quote();

const DISTINCT: Readonly<Record<Endured, (index: number) => Evidence>> = {
  quotes: (index) => ({ quote: distinctQuote(index), collateral }),
  collateral: (index) => ({ quote, collateral: rewritten(index) }),
};

/** Every tenth quote has another attestation key: a platform section never seen before. */
function distinctQuote(index: number): Uint8Array {
  const reportData = new Uint8Array(64);
  new DataView(reportData.buffer).setUint32(0, index);
  return platform.quote({ reportData, attestationSeed: `key ${Math.floor(index / 10)}` });
}

/** The same signatures, remembered as different ones: hex has two cases for most of its digits. */
function rewritten(index: number): TdxCollateral {
  const { tcb_info_signature = '' } = collateral;
  let bit = 0;
  const cased = tcb_info_signature.replaceAll(/[a-f]/g, (digit) =>
    (index >> bit++) & 1 ? digit.toUpperCase() : digit,
  );
  return { ...collateral, tcb_info_signature: cased };
}

function endure(what: Endured, verifications: number, firstSample: number): void {
  const verifier = new TdxVerifier([anchorFromCertificate(platform.root, 'anchor')]);
  for (let index = 0; index < verifications; index++) {
    // Often, or V8 takes room for garbage that the system gets back late or never.
    if (index % 500 === 0) collectGarbage();
    if (index === firstSample) process.stdout.write(`${JSON.stringify(held())}\n`);
    const { verdict } = verifier.verify(inputOf(DISTINCT[what](index)));
    if (verdict !== 'accept') throw new Error(`${what} ${index}: ${verdict}`);
  }
  process.stdout.write(`${JSON.stringify(held())}\n`);
}

const [what, verifications, firstSample] = process.argv.slice(2);
endure(what === 'quotes' ? 'quotes' : 'collateral', Number(verifications), Number(firstSample));
