import { digestOf } from '../../appraisal/policy/signing/canonical-document.ts';
import { fromHex, toHex } from '../../core/bytes/hex.ts';
import { concatBytes } from '../../core/bytes/writer.ts';
import { writeLeaf } from '../../ledger/leaf/entry.ts';
import type { NewEntry } from '../../ledger/writer/batch.ts';
import type { Io } from '../io.ts';
import type { OpenLedger } from './open-ledger.ts';

const ID_SIZE = 16;
/** SubjectPublicKeyInfo of an Ed25519 key (RFC 8410), up to the key. */
const ED25519_SPKI = fromHex('302a300506032b6570032100', 'spki');

/**
 * What the operator did on nobody's word but their own, by the log's key.
 *
 * @param action a word for it.
 * @param until what it reaches to, in milliseconds since the epoch; now unless said.
 */
export function overrideOf(
  io: Io,
  { identity }: OpenLedger,
  action: string,
  reason: string,
  until?: number,
): NewEntry {
  const id = toHex(io.randomBytes(ID_SIZE));
  const [key] = identity.keys;
  const time = io.now();
  const entry = writeLeaf({
    v: 1,
    type: 'operator.override',
    id,
    time,
    operator: digestOf(concatBytes(ED25519_SPKI, key?.publicKey ?? new Uint8Array())),
    action,
    until: until ?? time,
    reason,
  });
  return { id, entry };
}
