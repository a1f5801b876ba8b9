import { utf8 } from '../../../src/core/bytes/text.ts';
import { anchorFromCertificate, type TrustAnchor } from '../../../src/core/x509/anchors.ts';
import { clocksAt, type TdxClocks } from '../../../src/evidence/tdx/clocks.ts';
import type { TdxCollateral } from '../../../src/evidence/tdx/collateral.ts';
import { createTdxPlatform } from '../../../src/simulator/tdx/platform.ts';
import { simulateTdx } from '../../../src/simulator/tdx/simulate.ts';
import { numbered } from '../pool.ts';

/** More than a slice gets through; each quote is verified at most once a slice. */
export const POOL_SIZE = 512;

/**
 * What is verified: evidence of one simulated platform, in sizes of the genuine article
 * (a quote of 5 KB, collateral of 20 KB), so that the bench needs no files from outside.
 */
export interface TdxEvidence {
  readonly collateral: TdxCollateral;
  /** The same as a JSON file. */
  readonly collateralFile: Uint8Array;
  readonly at: TdxClocks;
  readonly root: Uint8Array;
  readonly anchors: readonly TrustAnchor[];
  /** By an attestation key that none of `newKeys` has. */
  readonly first: Uint8Array;
  /** By the key of `first`, each with other report data. */
  readonly sameKey: readonly Uint8Array[];
  /** Each by an attestation key of its own, all certified by the PCK of `first`. */
  readonly newKeys: readonly Uint8Array[];
  /** TCG2, and the registers that it replays to. */
  readonly eventLog: { readonly log: Uint8Array; readonly quote: Uint8Array };
}

export async function simulateTdxEvidence(): Promise<TdxEvidence> {
  const platform = await createTdxPlatform({ seed: 'bench' });
  const logged = await simulateTdx({ seed: 'bench' });
  const indices = Array.from({ length: POOL_SIZE }, (_, i) => i);
  return {
    collateral: platform.collateral,
    collateralFile: utf8(JSON.stringify(platform.collateral)),
    at: clocksAt(platform.at),
    root: platform.root,
    anchors: [anchorFromCertificate(platform.root, 'root')],
    first: platform.quote(),
    sameKey: indices.map((i) => platform.quote({ reportData: numbered(i) })),
    newKeys: indices.map((i) => platform.quote({ attestationSeed: `quoting enclave ${i}` })),
    eventLog: { log: logged.ccelLog, quote: logged.quote },
  };
}
