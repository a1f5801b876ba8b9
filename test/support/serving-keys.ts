import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { possessionTranscript, type ShownUse } from '../../src/appraisal/binding/possession.ts';
import { toHex } from '../../src/core/bytes/hex.ts';
import { fromUtf8, utf8 } from '../../src/core/bytes/text.ts';
import { fromBase64, toBase64 } from '../../src/core/encoding/base64.ts';
import { sshEd25519Blob } from '../../src/core/ssh/public-key.ts';
import type { BundlePlan } from '../../src/simulator/bundle/plan.ts';
import { hex } from './hex.ts';

/** A key that a machine serves with. */
export interface ServingKey {
  readonly use: ShownUse;
  /** SSH's wire form, or SubjectPublicKeyInfo. */
  readonly key: Uint8Array;
  readonly privateKey: KeyObject;
}

export interface ServingKeys {
  readonly ssh: ServingKey;
  readonly tls: ServingKey;
}

export function servingKeys(): ServingKeys {
  const ssh = generateKeyPairSync('ed25519');
  const raw = ssh.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const tls = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return {
    ssh: {
      use: 'ssh-host',
      key: sshEd25519Blob(new Uint8Array(raw)),
      privateKey: ssh.privateKey,
    },
    tls: {
      use: 'tls',
      key: new Uint8Array(tls.publicKey.export({ format: 'der', type: 'spki' })),
      privateKey: tls.privateKey,
    },
  };
}

/** Signs as a machine shows that it holds a key. */
function shownSignature({ use, privateKey }: ServingKey, message: Uint8Array): Uint8Array {
  return new Uint8Array(
    use === 'ssh-host'
      ? sign(null, message, privateKey)
      : sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' }),
  );
}

/**
 * Has a simulated machine list these keys in its keyset, and show them.
 *
 * @param shown left out: all that it lists.
 */
export function servesWith(
  listed: readonly ServingKey[],
  shown: readonly ServingKey[] = listed,
): (plan: BundlePlan) => void {
  return (plan) => {
    const keyset = JSON.parse(fromUtf8(plan.keyset, 'keyset'));
    const others = keyset.keys.filter(
      ({ use }: { readonly use: string }) => use !== 'ssh-host' && use !== 'tls',
    );
    keyset.keys = [...others, ...listed.map(entryOf)];
    plan.keyset = utf8(JSON.stringify(keyset));
    plan.afterDocument = (document) => {
      const binding = document['binding'] as Readonly<Record<string, string>>;
      const challenge = {
        purpose: binding['purpose'] ?? '',
        nonce: hex(binding['nonce'] ?? ''),
        keyset: fromBase64(binding['keyset'] ?? '', 'keyset'),
      };
      const possession = shown.map((one) => ({
        use: one.use,
        key: toBase64(one.key),
        signature: toBase64(shownSignature(one, possessionTranscript(challenge, one))),
      }));
      return { ...document, binding: { ...binding, possession } };
    };
  };
}

function entryOf({ use, key }: ServingKey) {
  const digest = toHex(new Uint8Array(createHash('sha256').update(key).digest()));
  return use === 'tls'
    ? { use, spki_sha256: digest, host: 'node.example' }
    : { use, alg: 'ssh-ed25519', blob_sha256: digest };
}
