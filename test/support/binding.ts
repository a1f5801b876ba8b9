import { createHash } from 'node:crypto';
import { type Binding, bindingOf, type RecipeName } from '../../src/appraisal/binding/recipe.ts';
import { utf8 } from '../../src/core/bytes/text.ts';
import { parseJson } from '../../src/core/encoding/json.ts';
import { JsonShape } from '../../src/core/encoding/json-shape.ts';
import { toPem } from '../../src/core/encoding/pem.ts';
import { hcl } from './hcl.ts';
import { keysetBytes } from './keyset.ts';
import { ED25519_LINE } from './ssh.ts';
import { spkiOf, tlsCertificate } from './tls-certificates.ts';
import { runtimeJson } from './tpm.ts';

export type Inputs = Readonly<Record<string, unknown>>;

/** As the `binding` member of a bundle, read the way a bundle is. */
export function bindingFrom(inputs: Inputs, devices: Uint8Array = new Uint8Array()): Binding {
  const { value } = parseJson(JSON.stringify(inputs), 'binding');
  return bindingOf(new JsonShape(value, 'binding'), devices);
}

export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

export function sha256(...parts: readonly (string | Uint8Array)[]): Buffer {
  return digest('sha256', parts);
}

export function sha512(...parts: readonly (string | Uint8Array)[]): Buffer {
  return digest('sha512', parts);
}

function digest(algorithm: string, parts: readonly (string | Uint8Array)[]): Buffer {
  const hash = createHash(algorithm);
  for (const part of parts) hash.update(part);
  return hash.digest();
}

export const NONCE = '0f1e2d3c4b5a69788796a5b4c3d2e1f0'.repeat(2);
export const NONCE_BYTES = Buffer.from(NONCE, 'hex');

const certificate = await tlsCertificate();
export const CERTIFICATE = toPem(certificate, 'CERTIFICATE');
export const CERTIFICATE_SPKI = spkiOf(certificate);

/** 1184 bytes: base64 of these has a padding character, which is hashed as well. */
export const E2E_KEY = base64(Uint8Array.from({ length: 1184 }, (_, i) => (i * 7) & 0xff));

export const UUIDS = [
  'GPU-9f0c1d2e-0000-4000-8000-000000000002',
  'GPU-01234567-0000-4000-8000-000000000001',
];

export const CRYPTO_MATERIAL = utf8(
  JSON.stringify({
    format: 'https://tinfoil.sh/crypto-material/v1',
    items: [
      { id: 'tls', format: 'https://tinfoil.sh/key/spki-fp-sha256/v1', data: 'ab'.repeat(32) },
      { id: 'hpke', format: 'https://tinfoil.sh/key/x25519-hpke/v1', data: 'cd'.repeat(32) },
      { id: 'receipts', format: 'https://tinfoil.sh/key/spki/v1', data: '302a' },
    ],
  }),
);

/** Right inputs for each recipe, with as much as they can have in common. */
export const GOOD: Readonly<Record<RecipeName, Inputs>> = {
  'postern-v1': { purpose: 'client', nonce: NONCE, keyset: base64(keysetBytes()) },
  'chutes-validator': { nonce: NONCE, certificate: CERTIFICATE },
  'chutes-instance': { nonce: NONCE, e2e_pubkey: E2E_KEY, certificate: CERTIFICATE },
  'lium-ssh-v1': { ssh_host_key: ED25519_LINE, nonce: NONCE },
  'lium-ssh-v2': { ssh_host_key: ED25519_LINE, nonce: NONCE, gpu_uuids: UUIDS },
  'dstack-app-data': { content: base64(CERTIFICATE_SPKI) },
  'dstack-ra-tls': { certificate: CERTIFICATE },
  'tinfoil-v2': {
    tls_spki_sha256: sha256(CERTIFICATE_SPKI).toString('hex'),
    hpke_public_key: NONCE,
  },
  'tinfoil-v3': { nonce: NONCE, crypto_material: base64(CRYPTO_MATERIAL) },
  'azure-runtime-data': { hcl: base64(hcl({ json: runtimeJson() })) },
};

export const good = (recipe: RecipeName, changes: Inputs = {}): Inputs => ({
  recipe,
  ...GOOD[recipe],
  ...changes,
});
