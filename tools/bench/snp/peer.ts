import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { AMD_ARK_GENOA } from '../../../src/core/x509/amd-roots.ts';
import { snpClocksAt } from '../../../src/evidence/snp/input.ts';
import { verifySnp } from '../../../src/evidence/snp/verifier.ts';
import { accepted } from '../accepted.ts';
import { type Measurement, row } from '../measure.ts';

/** A name that the compiler does not look up: the package is nobody's dependency here. */
const PACKAGE: string = '@tinfoilsh/verifier';

/** What of the package is used. Certificates it judges by the clock on the wall. */
interface PeerModule {
  /**
   * @param document.body base64 of the gzipped report.
   * @param vcekBase64 DER; ASK and ARK are the package's own.
   */
  readonly verifyAttestation: (
    document: { readonly format: string; readonly body: string },
    vcekBase64: string,
  ) => Promise<unknown>;
}

const FORMAT = 'https://tinfoil.sh/predicate/sev-snp-guest/v2';

/** The published vectors are below POSTERN_VECTORS, or beside the checkout. */
const VECTORS =
  process.env['POSTERN_VECTORS'] ??
  fileURLToPath(new URL('../../../../shared/vectors', import.meta.url));

/** When the genuine certificate is in date. */
const NOW = Date.UTC(2026, 5, 1);

/**
 * Another JavaScript verifier, and ours on the same genuine report and VCEK: it knows AMD's own
 * root only, so the simulator's evidence is nothing to it. CAs are built in on both sides.
 *
 * @returns no rows, and says on `skipped` why, where the package or the report is missing.
 */
export async function snpPeerMeasurements(
  skipped: (why: string) => void,
): Promise<readonly Measurement[]> {
  const peer = await importPeer();
  if (peer === undefined) {
    skipped(`peer.tinfoil: ${PACKAGE} is not installed`);
    return [];
  }
  const folder = join(VECTORS, 'snp/real/genoa-v3-caci');
  if (!existsSync(folder)) {
    skipped(`peer.tinfoil: no genuine report at ${folder}; set POSTERN_VECTORS`);
    return [];
  }
  return peerRows(peer, {
    report: readFileSync(join(folder, 'report.bin')),
    vek: readFileSync(join(folder, 'vcek.der')),
  });
}

async function importPeer(): Promise<PeerModule | undefined> {
  try {
    return await import(PACKAGE);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND') {
      return undefined;
    }
    throw error;
  }
}

function peerRows(
  { verifyAttestation }: PeerModule,
  { report, vek }: { readonly report: Buffer; readonly vek: Buffer },
): readonly Measurement[] {
  const document = { format: FORMAT, body: gzipSync(report).toString('base64') };
  const vcekBase64 = vek.toString('base64');
  const peer = {
    name: 'peer.tinfoil',
    // It throws what it refuses.
    prepare: () => async () => void (await verifyAttestation(document, vcekBase64)),
  };
  const at = snpClocksAt(NOW);
  const ours = {
    name: 'snp.cold.peer',
    prepare: () => () => accepted(verifySnp({ report, vek, at, anchors: [AMD_ARK_GENOA] })),
  };
  return [row({ subject: peer }), row({ subject: ours, against: peer })];
}
