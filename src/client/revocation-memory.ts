import type { Keyring } from '../appraisal/policy/signing/keyring.ts';
import { signedRevocations } from '../appraisal/policy/signing/revocations.ts';
import { fromBase64, toBase64 } from '../core/encoding/base64.ts';
import { canonicalJson } from '../core/encoding/jcs.ts';
import { parseJson } from '../core/encoding/json.ts';
import { JsonShape } from '../core/encoding/json-shape.ts';
import { parseUtcTimestamp } from '../core/encoding/time.ts';
import { malformed } from '../core/fault.ts';
import { type Memory, remember } from './memory.ts';

/**
 * A revocation that was seen once holds, whether a gateway still hands it over or not: what is new
 * and signed is remembered, one of each document, the one that takes effect first.
 *
 * @param handed envelopes, good or not.
 * @returns these, and all that were seen before.
 * @throws Fault `malformed` at `memory.revocations…`; as {@link remember}.
 */
export async function withThoseSeen(
  memory: Memory,
  key: string,
  handed: readonly Uint8Array[],
  keyring: Keyring,
): Promise<readonly Uint8Array[]> {
  let seen: readonly Uint8Array[] = [];
  await remember(memory, key, async (text) => {
    seen = text === undefined ? [] : readRevocationMemory(text);
    const kept = firstOfEach([...seen, ...handed], keyring);
    const others = seen.filter((envelope) => !kept.includes(envelope));
    // Keys that left the keyring may come back: what they signed is kept for then.
    const next = [...kept, ...others.filter((envelope) => !isSigned(envelope, keyring))];
    return next.length === 0 ? undefined : writeRevocationMemory(next);
  });
  return [...handed, ...seen];
}

function firstOfEach(envelopes: readonly Uint8Array[], keyring: Keyring): readonly Uint8Array[] {
  const first = new Map<string, { readonly envelope: Uint8Array; readonly from: number }>();
  for (const { envelope, revocation } of signedRevocations(envelopes, keyring)) {
    const from = parseUtcTimestamp(revocation.revokedAt, 'revokedAt');
    const before = first.get(revocation.digest);
    if (!before || from < before.from) first.set(revocation.digest, { envelope, from });
  }
  return [...first.values()].map(({ envelope }) => envelope);
}

function isSigned(envelope: Uint8Array, keyring: Keyring): boolean {
  return signedRevocations([envelope], keyring).length > 0;
}

const AT = 'memory.revocations';

/** @throws Fault `malformed` at `memory.revocations…`: what is remembered is not to be passed over. */
export function readRevocationMemory(text: string): readonly Uint8Array[] {
  const shape = new JsonShape(parseJson(text, AT).value, AT);
  if (shape.value('v') !== 1) throw malformed(`${AT}.v`, 'want 1');
  return shape.strings('seen').map((one, i) => fromBase64(one, `${AT}.seen[${i}]`));
}

export function writeRevocationMemory(seen: readonly Uint8Array[]): string {
  return canonicalJson({ v: 1, seen: seen.map(toBase64) });
}
