import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { toPem } from '../../../src/core/encoding/pem.ts';
import type { SnpInput } from '../../../src/evidence/snp/input.ts';
import { SnpVerifier } from '../../../src/evidence/snp/verifier.ts';
import { party } from '../../support/pki.ts';
import { snpEvidence } from '../../support/snp.ts';
import { snpWorld } from '../../support/snp-certificates.ts';
import { endure } from '../endurance.ts';

const world = await snpWorld();
const good = await snpEvidence(world);

/** Pieces of evidence of machines with keys of their own; each takes signatures of RSA to make. */
const MACHINES = 200;

async function machine(): Promise<SnpInput> {
  const own = await snpEvidence({ ...world, vcek: await party('SEV-VCEK', 'P-384') });
  return { ...own.input, chain: good.input.chain ?? [] };
}

const machines: SnpInput[] = [];
for (let i = 0; i < MACHINES; i++) machines.push(await machine());

/** The same certificate, remembered as another: 24 line ends, each of which may be double. */
function spelled(vek: Uint8Array, spelling: number): Uint8Array {
  let line = 0;
  const text = toPem(vek, 'CERTIFICATE').replaceAll('\n', (end) =>
    (spelling >> line++) & 1 ? `${end}${end}` : end,
  );
  return utf8(text);
}

const verifier = new SnpVerifier(good.anchors, 1_024);

endure({
  reports: (index) => {
    const reportData = concatBytes(utf8(`${index}`.padStart(8, '0')), new Uint8Array(56));
    return verifier.verify({ ...good.input, report: good.report({ reportData }) });
  },
  certificates: (index) => {
    const input = machines[index % MACHINES] ?? good.input;
    const vek = spelled(input.vek ?? new Uint8Array(), Math.floor(index / MACHINES));
    return verifier.verify({ ...input, vek });
  },
});
