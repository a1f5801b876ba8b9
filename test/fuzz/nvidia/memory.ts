import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import type { Interrogation } from '../memory.ts';
import type { Evidence } from './evidence.ts';
import { held, verifierOf } from './subject.ts';
import type { World } from './world.ts';

/**
 * The same but for one bit. What is remembered is found by a sample of the bytes: some of
 * these changes are in the sample and some are not.
 */
function bitsFlipped(bytes: Uint8Array): Uint8Array[] {
  const end = bytes.length - 1;
  return [100, 101, 102, 900, 901, end - 300, end - 40].map((at) =>
    bytes.with(at, (bytes[at] ?? 0) ^ 1),
  );
}

/** The same bytes in other company, good ones among bad. */
export function alike(world: World): Interrogation<Evidence> {
  const [good, other, partly] = world.honest;
  if (!good || !other || !partly) throw new RangeError('want three honest pieces of evidence');
  const { stranger } = world;
  const chains = [
    ...[good.chain, good.chain, other.chain, stranger.evidence.chain],
    concatBytes(good.chain, utf8('\n')),
    ...bitsFlipped(good.chain),
  ];
  const [driver = good.chain, vbios = good.chain] = good.rims;
  const rims = [
    ...[good.rims, good.rims, [vbios, driver], [driver], [], [driver, driver]],
    ...[stranger.evidence.rims, [...stranger.evidence.rims, ...good.rims]],
    // Joined to one key, the border between two files could move.
    [concatBytes(driver, vbios)],
    [driver.subarray(0, 100), concatBytes(driver.subarray(100), vbios)],
    ...bitsFlipped(driver).map((one) => [one, vbios]),
  ];
  const [first = good.chain, ...rest] = good.ocsp;
  const ocsp = [
    ...[good.ocsp, good.ocsp, rest, [], partly.ocsp, good.ocsp.toReversed()],
    [concatBytes(first, ...rest)],
    ...bitsFlipped(first).map((one) => [one, ...rest]),
  ];
  const reports = [good.report, other.report];
  const one = <T>(list: readonly T[], i: number, usual: T) => list[i % list.length] ?? usual;
  const questions = [
    ...chains.map((chain) => ({ ...good, chain })),
    ...rims.map((some) => ({ ...good, rims: some })),
    ...ocsp.map((some) => ({ ...good, ocsp: some })),
    ...chains.flatMap((chain, i) =>
      reports.map((report, j) => ({
        report,
        chain,
        rims: one(rims, 3 * i + j, good.rims),
        ocsp: one(ocsp, i + 5 * j, good.ocsp),
        asked: j % 2 === 0 ? good.asked : {},
      })),
    ),
  ];
  return { questions, verifier: (entries) => verifierOf(world, entries), held };
}
