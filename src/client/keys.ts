import type { Keyset } from '../appraisal/binding/keyset.ts';
import type { KeysetKey } from '../appraisal/binding/keyset-key.ts';
import type { KeyConfig } from '../sealed/key-config.ts';
import { SUITE_HYBRID, SUITE_X25519, type Suite } from '../sealed/suite.ts';
import { PosternError } from './errors.ts';

export type SuiteName = 'mlkem768-x25519' | 'x25519';

const SUITES: Readonly<Record<SuiteName, Suite>> = {
  'mlkem768-x25519': SUITE_HYBRID,
  x25519: SUITE_X25519,
};

/** The keys of a keyset that a client uses. */
export interface SessionKeys {
  readonly suite: Suite;
  readonly config: KeyConfig;
  /** Ed25519, 32 bytes; undefined where the machine signs no receipts. */
  readonly receiptKey: Uint8Array | undefined;
}

/**
 * The keys of a keyset that is in date and lasts no longer than the caller allows.
 *
 * @throws PosternError `appraisal.…`
 */
export function usableKeys(
  keyset: Keyset,
  { suite, longestKeyLife }: { readonly suite: SuiteName; readonly longestKeyLife: number },
  at: number,
): SessionKeys {
  const { from, to } = keyset.validity;
  if (to - from > longestKeyLife) {
    throw new PosternError(
      'appraisal.key-life',
      `the keyset lasts ${minutes(to - from)} minutes, and keys are taken for ${minutes(longestKeyLife)}: who gets hold of one could read all of that time`,
    );
  }
  if (at > to) throw new PosternError('appraisal.lapsed', 'the keyset is over');
  return sessionKeys(keyset, suite);
}

/**
 * Takes the key for the suite that was asked for, and for no other: what a machine does not have is
 * no reason to seal with less.
 *
 * @throws PosternError `appraisal.suite`
 */
function sessionKeys({ keys }: Keyset, name: SuiteName): SessionKeys {
  const suite = SUITES[name];
  const configs = keys
    .filter((key): key is Extract<KeysetKey, { use: 'ohttp' }> => key.use === 'ohttp')
    .map(({ parsed }) => parsed);
  const config = configs.find(
    ({ kem, suites }) =>
      kem === suite.kem && suites.some(({ kdf, aead }) => kdf === suite.kdf && aead === suite.aead),
  );
  if (config === undefined) {
    const kems = configs.map(({ kem }) => `0x${kem.toString(16).padStart(4, '0')}`).join(', ');
    throw new PosternError(
      'appraisal.suite',
      `the keyset has no key for ${name}${kems === '' ? '' : `, but for the KEMs ${kems}`}`,
    );
  }
  const receipt = keys.find((key) => key.use === 'receipt');
  return { suite, config, receiptKey: receipt?.publicKey };
}

function minutes(ms: number): number {
  return Math.ceil(ms / 60_000);
}
