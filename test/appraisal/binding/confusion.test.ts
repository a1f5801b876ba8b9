import { describe, expect, it } from 'vitest';
import { RECIPES, type RecipeName } from '../../../src/appraisal/binding/recipe.ts';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import {
  base64,
  bindingFrom,
  CERTIFICATE,
  CERTIFICATE_SPKI,
  CRYPTO_MATERIAL,
  good,
  type Inputs,
  NONCE,
  sha512,
} from '../../support/binding.ts';
import { faultOf } from '../../support/fault-of.ts';
import { hcl } from '../../support/hcl.ts';
import { keysetBytes } from '../../support/keyset.ts';
import { ED25519_LINE } from '../../support/ssh.ts';
import { runtimeJson } from '../../support/tpm.ts';

/*
 * What was made under one recipe must not be shown under another. Ours can't be: its label and
 * lengths are hashed. Of the others, some hash nothing over the whole; where two meet is
 * written down here, and why a verifier names the recipe that it wants.
 */

const reportData = (inputs: Inputs, devices?: Uint8Array) =>
  toHex(bindingFrom(inputs, devices).reportData);

describe('no two recipes meet on inputs with as much in common as there can be', () => {
  const zeros = '00'.repeat(32);
  /** Each gets the same nonce, key, certificate and bytes wherever it has a place for them. */
  const shared = (nonce: string): readonly (readonly [RecipeName, Inputs])[] =>
    RECIPES.map((recipe) => {
      const inputs = good(recipe);
      return [recipe, 'nonce' in inputs ? { ...inputs, nonce } : inputs];
    });
  it.each([
    { name: 'any nonce', nonce: NONCE },
    { name: 'a nonce of zeros, like the padding of others', nonce: zeros },
  ])('$name', ({ nonce }) => {
    const made = shared(nonce).map(([, inputs]) => reportData(inputs));
    expect(new Set(made).size).toBe(RECIPES.length);
  });

  it.each([
    { name: 'the keyset', content: keysetBytes() },
    { name: 'the keys of Tinfoil', content: CRYPTO_MATERIAL },
    { name: 'the runtime JSON', content: runtimeJson() },
    { name: 'a host key with its prefix', content: utf8(`SSH_HOST_KEY:${ED25519_LINE}`) },
    { name: 'the certificate’s key', content: CERTIFICATE_SPKI },
    { name: 'the tag and the certificate’s key', content: joined('ratls-cert:', CERTIFICATE_SPKI) },
  ])('$name as data of an application', ({ content }) => {
    const made = reportData(good('dstack-app-data', { content: base64(content) }));
    const others = RECIPES.filter((recipe) => recipe !== 'dstack-app-data');
    expect(others.map((recipe) => reportData(good(recipe)))).not.toContain(made);
  });

  it('device evidence of one recipe in another', () => {
    const devices = keysetBytes();
    const made = RECIPES.map((recipe) => reportData(good(recipe), devices));
    expect(new Set(made).size).toBe(RECIPES.length);
  });
});

describe('what would make two recipes meet is refused', () => {
  it('dstack-ra-tls as data under its own tag', () => {
    const inputs = good('dstack-app-data', {
      tag: 'ratls-cert',
      content: base64(CERTIFICATE_SPKI),
    });
    expect(faultOf(() => bindingFrom(inputs))).toMatchObject({ at: 'binding.tag' });
  });

  it('dstack: a colon moved from content to tag', () => {
    const moved = good('dstack-app-data', { tag: 'a:b', content: base64(utf8('c')) });
    expect(faultOf(() => bindingFrom(moved))).toMatchObject({ at: 'binding.tag' });
  });

  it('azure-runtime-data under SHA-512 as data under the beginning of its JSON', () => {
    const json = runtimeJson();
    const colon = json.indexOf(0x3a);
    const tag = new TextDecoder().decode(json.subarray(0, colon));
    const content = base64(json.subarray(colon + 1));
    expect(
      reportData(good('azure-runtime-data', { hcl: base64(hcl({ json, hashType: 3 })) })),
    ).toBe(sha512(`${tag}:`, json.subarray(colon + 1)).toString('hex'));
    const inputs = good('dstack-app-data', { tag, content });
    expect(faultOf(() => bindingFrom(inputs))).toMatchObject({ at: 'binding.tag' });
  });

  it('chutes-instance: a digit moved from the nonce to the key', () => {
    const { e2e_pubkey, nonce } = good('chutes-instance') as Record<string, string>;
    const moved = {
      nonce: nonce?.slice(0, -1),
      e2e_pubkey: `${nonce?.at(-1)}${e2e_pubkey}`,
    };
    expect(faultOf(() => bindingFrom(good('chutes-instance', moved)))).toMatchObject({
      at: 'binding.nonce',
    });
  });

  it('lium-ssh-v2: two UUIDs as one with a comma', () => {
    const inputs = good('lium-ssh-v2', { gpu_uuids: ['GPU-1,GPU-2'] });
    expect(faultOf(() => bindingFrom(inputs))).toMatchObject({ at: 'binding.gpu_uuids[0]' });
  });
});

describe('where recipes of others do meet, so that a verifier has to name the one it wants', () => {
  it('tinfoil-v2 takes any 64 bytes for two keys', () => {
    for (const recipe of RECIPES) {
      const made = reportData(good(recipe));
      const asKeys = good('tinfoil-v2', {
        tls_spki_sha256: made.slice(0, 64),
        hpke_public_key: made.slice(64),
      });
      expect(reportData(asKeys)).toBe(made);
    }
  });

  it('the nonce of chutes-validator can be the hash of a chutes-instance', () => {
    const instance = bindingFrom(good('chutes-instance'));
    const asValidator = good('chutes-validator', {
      nonce: toHex(instance.deviceNonce ?? new Uint8Array()),
      certificate: CERTIFICATE,
    });
    const validator = bindingFrom(asValidator);
    expect(validator.reportData).toEqual(instance.reportData);
    expect(validator.deviceNonce).toEqual(instance.deviceNonce);
    // Only who compares the nonce with the one that was sent notices.
    expect(validator.nonce).not.toEqual(instance.nonce);
  });

  it('each of them says that nothing tells what it was made for', () => {
    for (const recipe of ['tinfoil-v2', 'chutes-validator', 'chutes-instance'] as const) {
      expect(bindingFrom(good(recipe)).notProven).toContain('domain-separation');
    }
  });

  it('ours does not', () => {
    expect(bindingFrom(good('postern-v1')).notProven).not.toContain('domain-separation');
  });
});

function joined(text: string, bytes: Uint8Array): Uint8Array {
  return Uint8Array.of(...utf8(text), ...bytes);
}
