import { importAeadKey, openAead, sealAead } from '#crypto';
import { fromHex } from '../../../core/bytes/hex.ts';
import type { JsonShape } from '../../../core/encoding/json-shape.ts';
import { malformed } from '../../../core/fault.ts';
import type { Mismatch } from '../../../core/mismatch.ts';
import { keySchedule, type Schedule } from '../../../sealed/hpke/key-schedule.ts';
import { encapsulateWith } from '../../../sealed/kem/encapsulate-with.ts';
import { KEM_SECRET_SIZE } from '../../../sealed/kem/kem.ts';
import { kemById } from '../../../sealed/kem/kems.ts';
import { NonceCounter } from '../../../sealed/nonce-counter.ts';
import { aeadName, algorithmText, kdfHash, type Suite } from '../../../sealed/suite.ts';
import type { Runner } from '../runner.ts';
import {
  firstMismatch,
  isListOf,
  listIn,
  memberMismatch,
  numberIn,
  outcomeOf,
  type SealedVector,
} from './vectors.ts';

const MODES = ['Base', 'PSK', 'Auth', 'AuthPSK'];
const EXPORT_ONLY = 0xffff;
/** Randomness of an encapsulation, by KEM, in bytes. */
const RANDOMNESS: Readonly<Record<number, number>> = { 25722: 64, 32: 32 };

/** Set-ups of HPKE with their encryptions and exports, as RFC 9180 and its successors list them. */
export const hpkeRunner: Runner = {
  name: 'HPKE',
  reads: ['vectors'],
  takes: async ({ file }) => isListOf(await file('vectors'), 'kem_id', 'kdf_id', 'aead_id', 'enc'),
  run: async (_, { file }) => outcomeOf(listIn(await file('vectors')).map(vectorOf)),
};

function vectorOf(shape: JsonShape): SealedVector {
  const suite = {
    kem: numberIn(shape, 'kem_id'),
    kdf: numberIn(shape, 'kdf_id'),
    aead: numberIn(shape, 'aead_id'),
  };
  const mode = numberIn(shape, 'mode');
  const notOurs = reasonAgainst(mode, suite);
  if (notOurs !== undefined) return { notOurs };
  return { problem: () => problemOf(shape, mode, suite) };
}

/** What no role here does: only the recipient's key is known before, and every message is sealed. */
function reasonAgainst(mode: number, { kem, kdf, aead }: Suite): string | undefined {
  if (mode > 1) return `mode ${MODES[mode] ?? mode}`;
  if (!kemById(kem)) return `KEM ${algorithmText(kem)}`;
  if (!kdfHash(kdf)) return `KDF ${algorithmText(kdf)}`;
  if (aeadName(aead)) return undefined;
  return aead === EXPORT_ONLY ? 'AEAD export-only' : `AEAD ${algorithmText(aead)}`;
}

function problemOf(shape: JsonShape, mode: number, suite: Suite): Mismatch | undefined {
  const own = kemById(suite.kem)?.decapsulationKey(shape.hex('skRm', KEM_SECRET_SIZE));
  const sharedSecret = own?.decapsulate(bytesOf(shape, 'enc'));
  const psk = mode === 1 ? { psk: bytesOf(shape, 'psk'), id: bytesOf(shape, 'psk_id') } : undefined;
  if (!sharedSecret) return { want: `${shape.path}.enc to be taken`, got: 'a refusal' };
  const schedule = keySchedule(suite, sharedSecret, bytesOf(shape, 'info'), psk);
  return firstMismatch(
    () => memberMismatch(shape, 'pkRm', own?.publicKey),
    () => memberMismatch(shape, 'shared_secret', sharedSecret),
    () => encapsulationMismatch(shape, suite.kem),
    () => memberMismatch(shape, 'key', schedule.key),
    () => memberMismatch(shape, 'base_nonce', schedule.baseNonce),
    () => memberMismatch(shape, 'exporter_secret', schedule.exporterSecret),
    ...shape
      .objects('encryptions')
      .map((item, i) => () => encryptionMismatch(item, i, suite, schedule)),
    ...shape.objects('exports').map((item) => () => {
      const exported = schedule.export(bytesOf(item, 'exporter_context'), numberIn(item, 'L'));
      return memberMismatch(item, 'exported_value', exported);
    }),
  );
}

/** The sender's side, with the randomness of the vector: the portable KEM. */
function encapsulationMismatch(shape: JsonShape, kem: number): Mismatch | undefined {
  const member = shape.has('skEm') ? 'skEm' : 'ikmE';
  // What an ephemeral key of X25519 is derived from shows nothing: here it is drawn.
  if (kem === 0x0020 && member === 'ikmE') return undefined;
  const randomness = shape.hex(member, RANDOMNESS[kem] ?? 0);
  const made = encapsulateWith(kem, bytesOf(shape, 'pkRm'), randomness);
  return firstMismatch(
    () => memberMismatch(shape, 'enc', made?.enc),
    () => memberMismatch(shape, 'shared_secret', made?.sharedSecret),
  );
}

function encryptionMismatch(
  item: JsonShape,
  index: number,
  { aead }: Suite,
  { key, baseNonce }: Schedule,
): Mismatch | undefined {
  const name = aeadName(aead);
  const imported = name && importAeadKey(name, key);
  if (!imported) throw malformed(item.path, 'no key of the AEAD');
  const sequence = item.has('sequence_number') ? numberIn(item, 'sequence_number') : index;
  const nonce = new NonceCounter(baseNonce, sequence).current();
  const [aad, plain, sealed] = [bytesOf(item, 'aad'), bytesOf(item, 'pt'), bytesOf(item, 'ct')];
  return firstMismatch(
    () => memberMismatch(item, 'nonce', nonce),
    () => memberMismatch(item, 'ct', sealAead(imported, nonce, aad, plain, 0)),
    () => memberMismatch(item, 'pt', openAead(imported, nonce, aad, sealed)),
  );
}

function bytesOf(shape: JsonShape, name: string): Uint8Array {
  return fromHex(shape.string(name), `${shape.path}.${name}`);
}
