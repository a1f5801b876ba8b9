import { utf8 } from '../../../src/core/bytes/text.ts';
import type { HardwareEvidence } from '../../../src/evidence/vtpm/input.ts';
import { OTHER_RSA_2048, RSA_2048, type RsaTestKey } from '../../support/rsa-keys.ts';
import {
  ALL_PCRS,
  azure,
  digestOf,
  jwk,
  NONCE,
  PCRS,
  quoted,
  runtimeJson,
  type TestKey,
} from '../../support/tpm.ts';

/** All that an attacker can hand to the verifier, and the verified evidence it is held against. */
export interface Evidence {
  readonly hcl: Uint8Array;
  readonly quote?: { readonly message: Uint8Array; readonly signature: Uint8Array };
  readonly pcrs?: Uint8Array;
  /** No attacker changes these. */
  readonly asked: { readonly nonce?: Uint8Array };
  readonly hardware: HardwareEvidence;
}

export interface World {
  /** Complete ones first of all. */
  readonly honest: readonly Evidence[];
  /** The modulus of the key that signs, big-endian. */
  readonly modulus: Uint8Array;
}

/** Keys that are written down, so that a seed repeats a run. */
function testKey({ privateKey, publicKey }: RsaTestKey): TestKey {
  const { e = '', n = '' } = publicKey.export({ format: 'jwk' });
  return { privateKey, jwk: { kty: 'RSA', e, n } };
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** At VMPL 0 runs the paravisor and not the guest. */
function machine(json: Uint8Array): Pick<Evidence, 'hcl' | 'hardware'> {
  const { hcl, evidence } = azure(json);
  return { hcl, hardware: { ...evidence, vmpl: 0 } };
}

const SOME = [0, 2, 4, 7, 23];

export function createWorld(): World {
  const [ak, other] = [testKey(RSA_2048), testKey(OTHER_RSA_2048)];
  const keys = [jwk('HCLAkPub', ak, 'sign'), jwk('HCLEkPub', other, 'encrypt')];
  const { hcl, hardware } = machine(runtimeJson({ keys }));
  const bare = machine(runtimeJson({ keys: keys.slice(0, 1), 'user-data': undefined }));
  const asked = { nonce: NONCE };
  const all = utf8(JSON.stringify(PCRS.map(hexOf)));
  const byBank = Object.fromEntries(PCRS.map((value, i) => [i, hexOf(value)]));
  const quote = quoted({}, ak);
  const some = quoted({ select: [{ ...ALL_PCRS, pcrs: SOME }], pcrDigest: digestOf(...SOME) }, ak);
  return {
    honest: [
      { hcl, hardware, quote, pcrs: all, asked },
      { hcl, hardware, quote: some, pcrs: utf8(JSON.stringify({ sha256: byBank })), asked },
      { hcl: bare.hcl, hardware: bare.hardware, quote, pcrs: all, asked },
      { hcl, hardware, quote, asked },
      { hcl, hardware, quote: some, asked: {} },
    ],
    modulus: RSA_2048.modulus,
  };
}
