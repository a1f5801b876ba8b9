import fc from 'fast-check';
import { expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { amdSignature } from '../../../src/evidence/snp/amd-signature.ts';
import type { SnpInput } from '../../../src/evidence/snp/input.ts';
import { SnpVerifier } from '../../../src/evidence/snp/verifier.ts';
import { damaged, fuzz } from '../../support/fuzz.ts';
import { revoke } from '../../support/pki.ts';
import { GUIDS, goodTable, REPORT_SIZE, SIGNED_SIZE, snpEvidence } from '../../support/snp.ts';
import { snpWorld } from '../../support/snp-certificates.ts';

const world = await snpWorld();
const good = await snpEvidence(world);
const { report, ...given } = good.input;
const { vek = report, chain: _, ...bare } = given;
const crl = await revoke(world.ark);
const table = goodTable([
  [GUIDS.vcek, vek],
  [GUIDS.ask, good.ask],
  [GUIDS.crl, crl],
]);
const verifier = new SnpVerifier(good.anchors);
const { claims } = verifier.verify(good.input);

/**
 * Signatures in JavaScript take tens of milliseconds: as many as fit into a time would be few,
 * and under load none. A fixed number of them shows that the other crypto refuses alike.
 */
const attack: typeof fuzz =
  process.env['VITEST_POSTERN_CRYPTO'] === 'portable'
    ? (name, attacks, check) => {
        it(name, () => fc.assert(fc.property(attacks, check), { numRuns: 60 }));
      }
    : fuzz;

const hostile: fc.Arbitrary<SnpInput> = fc.oneof(
  damaged(report).map((bytes) => ({ ...given, report: bytes })),
  damaged(table).map((bytes) => ({ ...bare, report: concatBytes(report, bytes) })),
  damaged(vek).map((bytes) => ({ ...given, report, vek: bytes })),
  damaged(good.ask).map((bytes) => ({ ...given, report, chain: [bytes] })),
  damaged(good.root).map((bytes) => ({ ...given, report, chain: [good.ask, bytes] })),
  damaged(crl).map((bytes) => ({ ...given, report, crl: bytes })),
);

attack('never throws, and accepts nothing that was not signed as it is', hostile, (input) => {
  const result = verifier.verify(input);
  expect(result.checks.length).toBeGreaterThan(5);
  if (result.verdict !== 'accept') return;
  expect(result.authentic).toBe(true);
  expect(toHex(input.report.subarray(0, REPORT_SIZE))).toBe(toHex(report));
  for (const name of ['vek', 'intermediateSha256', 'rootSha256']) {
    expect(result.claims[name]).toEqual(claims[name]);
  }
});

/** SP 800-186 section 3.2.1.4. */
const ORDER = BigInt(
  '0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
);

/** One byte or bit at any place of the report. */
const oneByte = fc.record({
  at: fc.integer({ min: 0, max: REPORT_SIZE - 1 }),
  xor: fc.integer({ min: 1, max: 255 }),
});

attack('accepts no report with one byte changed', oneByte, ({ at, xor }) => {
  const changed = report.with(at, (report[at] ?? 0) ^ xor);
  const result = verifier.verify({ ...given, report: changed });
  expect(result.verdict).not.toBe('accept');
  expect(result.authentic).toBe(false);
});

const scalar = fc.bigInt({ min: 0n, max: 2n ** 384n - 1n });
const genuine = amdSignature(report.subarray(SIGNED_SIZE));
if (!('signature' in genuine)) throw new Error('the report has no signature');
const raw = toHex(genuine.signature);
const [r, s] = [BigInt(`0x${raw.slice(0, 96)}`), BigInt(`0x${raw.slice(96)}`)];

const signatures = fc.tuple(
  fc.oneof(fc.constantFrom(r, ORDER - r, 0n, 1n, ORDER, r + 1n), scalar),
  fc.oneof(fc.constantFrom(s, ORDER - s, 0n, 1n, ORDER, s + 1n), scalar),
);

function littleEndian(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 72 }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));
}

attack('accepts no other signature than (r, s) and (r, n − s)', signatures, ([one, other]) => {
  const field = concatBytes(littleEndian(one), littleEndian(other), new Uint8Array(368));
  const forged = concatBytes(report.subarray(0, SIGNED_SIZE), field);
  const { verdict } = verifier.verify({ ...given, report: forged });
  expect(verdict === 'accept').toBe(one === r && (other === s || other === ORDER - s));
});
