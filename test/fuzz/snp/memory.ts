import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { toPem } from '../../../src/core/encoding/pem.ts';
import type { Interrogation } from '../memory.ts';
import { Random } from '../random.ts';
import type { Evidence } from './evidence.ts';
import { honestHandedOver } from './honest.ts';
import { otherS } from './p384.ts';
import { dersOf } from './pieces.ts';
import { held, verifierOf } from './subject.ts';
import type { World } from './world.ts';

/** One honest piece of evidence of which the certificates stand in DER, each by itself. */
function plain(world: World): Required<Pick<Evidence, 'report' | 'vek' | 'chain'>> {
  for (let stream = 0; ; stream++) {
    const { report, vek, chain = [] } = honestHandedOver(new Random(1, stream), world);
    const whole = chain.length === 2 && [vek, ...chain].every((one) => one?.[0] === 0x30);
    if (vek && whole) return { report, vek, chain };
  }
}

/**
 * The same but for one bit. What is remembered is found by a sample of the bytes: some of
 * these changes are in the sample and some are not, in what is signed and in the signature.
 */
function bitsFlipped(bytes: Uint8Array): Uint8Array[] {
  const end = bytes.length - 1;
  return [100, 101, 102, 103, 700, 701, end - 300, end].map((at) =>
    bytes.with(at, (bytes[at] ?? 0) ^ 1),
  );
}

function pem(...ders: readonly Uint8Array[]): Uint8Array {
  return utf8(ders.map((der) => toPem(der, 'CERTIFICATE')).join(''));
}

/** The same bytes in other company, good ones among bad. */
export function alike(world: World): Interrogation<Evidence> {
  const { report, vek, chain } = plain(world);
  const [ask = new Uint8Array(), ark = new Uint8Array()] = chain;
  const [other = vek] = [...world.veks.values()].map(({ der }) => der);
  const strangers = world.any.chains.slice(-4);
  const veks = [vek, pem(vek), other, ...bitsFlipped(vek), concatBytes(vek, ask)];
  const chains = [
    ...[chain, [ask], [ark, ask], [ask, ask], [pem(ask, ark)], [pem(ask), ark], [], [ark]],
    ...bitsFlipped(ask).map((one) => [one, ark]),
    ...bitsFlipped(ark).map((one) => [ask, one]),
    // Joined to one key, the border between two blobs could move.
    ...[[concatBytes(ask, ark)], [ask.subarray(0, 100), concatBytes(ask.subarray(100), ark)]],
    ...strangers.flatMap((one) => [[one], [ask, one]]),
    ...strangers.flatMap((one) => dersOf(one, 'CERTIFICATE') ?? []).map((one) => [one, ask]),
  ];
  const certificates = veks.flatMap((one) => chains.map((two) => ({ vek: one, chain: two })));
  const questions = certificates.map((pair, i) => {
    const reports = [report, report, otherS(report), report.with(0x90, i & 0xff)];
    return { report: reports[i % reports.length] ?? report, ...pair, asked: {} };
  });
  return { questions, verifier: (entries) => verifierOf(world, entries), held };
}
