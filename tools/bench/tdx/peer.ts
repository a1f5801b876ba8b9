import { QuoteVerifier } from '@phala/dcap-qvl';
import type { Workload } from '../measure.ts';
import { pick } from '../pool.ts';
import type { TdxEvidence } from './evidence.ts';

/**
 * The JavaScript verifier that others use. It takes collateral as an object of strings, and
 * starts here, like ours, from the JSON file's bytes.
 */
export function dcapQvlWorkload({ newKeys, collateralFile, at, root }: TdxEvidence): Workload {
  const verifier = QuoteVerifier.newWithRootCa(Buffer.from(root));
  const seconds = at.evidence / 1000;
  return {
    name: 'peer.dcap-qvl',
    prepare: () => (call) => {
      const collateral = JSON.parse(new TextDecoder().decode(collateralFile));
      const { status } = verifier.verify(pick(newKeys, call), collateral, seconds);
      if (status !== 'UpToDate') throw new Error(`the peer says ${status}`);
    },
  };
}
