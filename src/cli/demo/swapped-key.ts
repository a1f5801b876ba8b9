import { fromUtf8, utf8 } from '../../core/bytes/text.ts';
import { fromBase64, toBase64 } from '../../core/encoding/base64.ts';
import { fromBase64Url, toBase64Url } from '../../core/encoding/base64url.ts';
import { encodeKeyConfig, parseKeyConfig } from '../../sealed/key-config.ts';
import { makeKeyPair } from '../../sealed/key-pair.ts';
import type { Meddle } from './relay.ts';
import { whole, withBody } from './relay.ts';

/**
 * A relay that wants to read prompts: in every bundle that passes it puts keys of its own in the
 * place of the enclave's, and leaves the evidence as the hardware signed it.
 */
export function swapsKeys(randomBytes: (length: number) => Uint8Array): Meddle {
  return async (asked, forward) => {
    const answered = await forward();
    if (!asked.path.endsWith('/evidence') || answered.status !== 200) return answered;
    return withBody(answered, withOwnKeys(await whole(answered.body), randomBytes));
  };
}

/** The same bundle with a keyset of the same form, whose private keys the caller has. */
export function withOwnKeys(
  bundle: Uint8Array,
  randomBytes: (length: number) => Uint8Array,
): Uint8Array {
  const document = JSON.parse(fromUtf8(bundle, 'bundle'));
  const keyset = JSON.parse(fromUtf8(fromBase64(document.binding.keyset, 'keyset'), 'keyset'));
  for (const key of keyset.keys) {
    if (key.use !== 'ohttp') continue;
    const { keyId, kem, suites } = parseKeyConfig(fromBase64Url(key.config, 'config'));
    const [first] = suites;
    if (first === undefined) continue;
    const { config } = makeKeyPair({ keyId, suite: { kem, ...first }, randomBytes });
    key.config = toBase64Url(encodeKeyConfig(config));
  }
  document.binding.keyset = toBase64(utf8(JSON.stringify(keyset)));
  return utf8(JSON.stringify(document));
}
