import { anchorFromCertificate } from '../../../src/core/x509/anchors.ts';
import type { TdxCollateral } from '../../../src/evidence/tdx/collateral.ts';
import { TdxVerifier } from '../../../src/evidence/tdx/verifier.ts';
import { createTdxPlatform } from '../../../src/simulator/tdx/platform.ts';
import { endure } from '../endurance.ts';
import { type Evidence, inputOf } from './evidence.ts';

const platform = await createTdxPlatform({ seed: 'endurance' });
const { collateral } = platform;
const quote = platform.quote();
const verifier = new TdxVerifier([anchorFromCertificate(platform.root, 'anchor')]);
const verify = (evidence: Evidence) => verifier.verify(inputOf(evidence));

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

endure({
  quotes: (index) => verify({ quote: distinctQuote(index), collateral }),
  collateral: (index) => verify({ quote, collateral: rewritten(index) }),
});
