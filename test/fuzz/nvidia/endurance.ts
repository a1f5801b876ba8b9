import { utf8 } from '../../../src/core/bytes/text.ts';
import { anchorFromCertificate } from '../../../src/core/x509/anchors.ts';
import { NvidiaVerifier } from '../../../src/evidence/nvidia/verifier.ts';
import { createNvidiaPlatform } from '../../../src/simulator/nvidia/platform.ts';
import { endure } from '../endurance.ts';

const { roots, chain, rims, at, report } = createNvidiaPlatform();
const verifier = new NvidiaVerifier(
  {
    device: [anchorFromCertificate(roots.device, 'root')],
    rim: [anchorFromCertificate(roots.rim, 'root')],
  },
  512,
);

const pem = Buffer.from(chain).toString();
const [driver = chain, vbios = chain] = rims;
const xml = Buffer.from(driver).toString();
const good = { report: report(), chain, rims, at };

/** The same chain, remembered as another: line ends, each of which may be double. */
function spelled(spelling: number): Uint8Array {
  let line = 0;
  return utf8(
    pem.replaceAll('\n', (end) => ((spelling >> (line++ % 24)) & 1 ? `${end}${end}` : end)),
  );
}

endure({
  reports: (index) => {
    const nonce = utf8(`${index}`.padStart(32, '0'));
    return verifier.verify({ ...good, report: report(nonce) });
  },
  certificates: (index) => verifier.verify({ ...good, chain: spelled(index) }),
  manifests: (index) => {
    const written = xml.replace('<SoftwareIdentity', `$&${' '.repeat(1 + (index % 3_000))}`);
    return verifier.verify({ ...good, rims: [utf8(written), vbios] });
  },
});
