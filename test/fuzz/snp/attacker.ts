import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { deriveP384Key } from '../../../src/simulator/p384-keys.ts';
import { amdForm } from '../../support/snp.ts';
import { SIGNED_SIZE } from './layout.ts';
import type { World } from './world.ts';

/** A report under a key that no certificate of the vendor's is for. */
export interface AttackersReport {
  readonly report: Uint8Array;
  readonly publicKeyInfo: Uint8Array;
}

const HOW_MANY = 6;

/** Genuine reports signed again: signatures take long, so there are few. */
export function attackersReports(reports: World['reports']): readonly AttackersReport[] {
  return [...reports.values()].slice(0, HOW_MANY).map(({ bytes }, i) => {
    const key = deriveP384Key('attacker', `${i}`);
    const signed = bytes.subarray(0, SIGNED_SIZE);
    return {
      report: concatBytes(signed, amdForm(key.sign(signed))),
      publicKeyInfo: key.publicKeyInfo,
    };
  });
}
