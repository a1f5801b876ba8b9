import { randomBytes } from 'node:crypto';
import { Aes256Gcm, CipherSuite, HkdfSha256 } from '@hpke/core';
import { XWing } from '@hpke/hybridkem-x-wing';
import { encryptChunk } from 'ehbp';
import {
  AEAD_AES_256_GCM,
  KDF_HKDF_SHA256,
  KEM_MLKEM768_X25519,
  CipherSuite as PanvaSuite,
} from 'hpke';
import type { Workload } from '../measure.ts';
import { PAIR } from './workloads.ts';

const INFO = randomBytes(36);

/** The set-up of a sender's context by @hpke/core and its X-Wing, the key imported before. */
export async function hpkeCoreSetup(): Promise<Workload> {
  const kem = new XWing();
  const suite = new CipherSuite({ kem, kdf: new HkdfSha256(), aead: new Aes256Gcm() });
  const { publicKey } = PAIR.config;
  const recipientPublicKey = await kem.deserializePublicKey(new Uint8Array(publicKey).buffer);
  return {
    name: 'peer.hpke-core',
    prepare: () => async () => {
      await suite.createSenderContext({ recipientPublicKey, info: new Uint8Array(INFO).buffer });
    },
  };
}

/** The same by the package hpke, whose KEM is the runtime's own. */
export async function hpkeSetup(): Promise<Workload> {
  const suite = new PanvaSuite(KEM_MLKEM768_X25519, KDF_HKDF_SHA256, AEAD_AES_256_GCM);
  const key = await suite.DeserializePublicKey(PAIR.config.publicKey);
  return {
    name: 'peer.hpke',
    prepare: () => async () => {
      await suite.SetupSender(key, { info: INFO });
    },
  };
}

/** A chunk of the encrypted HTTP body protocol. */
export function ehbpChunk(size: number): Workload {
  const material = { keyBytes: randomBytes(32), nonceBase: randomBytes(12) };
  const plain = randomBytes(size);
  let sequence = 0;
  return {
    name: 'peer.ehbp',
    prepare: () => async () => {
      await encryptChunk(material, sequence++, plain);
    },
  };
}
