import { verifyP384 } from '#crypto';
import { outsideValidity } from '../../../core/x509/validity.ts';
import type { CheckList } from '../../check-list.ts';
import type { NrasCheckId } from './checks.ts';
import { type NrasEat, tokensOf } from './eat.ts';
import type { NrasInput } from './input.ts';
import { type KeySet, parseJwks, type SigningKey, signingKey } from './jwks.ts';
import type { Token } from './token.ts';
import { answerForAll } from './tokens-answer.ts';

type Checks = CheckList<NrasCheckId>;

/** The one algorithm of NVIDIA's service: ECDSA on P-384 over SHA-384 (RFC 7518 section 3.4). */
const ALGORITHM = 'ES384';

/** Keys that can be relied on, by id; undefined for one that can't, which has its answer. */
type Keys = ReadonlyMap<string, SigningKey | undefined>;

/** Whose signatures the tokens carry, as far as there are keys to tell. */
export function checkSignatures(checks: Checks, eat: NrasEat, input: NrasInput): void {
  answerForAll(checks, 'nras.eat.algorithm', tokensOf(eat), ALGORITHM, ({ algorithm }) =>
    algorithm === ALGORITHM ? undefined : JSON.stringify(algorithm),
  );
  const groups = [
    ['nras.eat.signature', [eat.overall]],
    ['nras.devices.signature', eat.devices],
  ] as const;
  if (input.jwks === undefined) {
    const because =
      input.jwksMissing ?? 'no JWK set of the service was given: signatures can’t be checked';
    for (const [id] of groups) checks.unresolved(id, because);
    return;
  }
  const { jwks } = input;
  const set = checks.read('nras.jwks.format', () => parseJwks(jwks));
  if (set === undefined) return;
  const keys = readKeys(checks, set, tokensOf(eat), input.at);
  for (const [id, tokens] of groups) checkGroup(checks, id, tokens, keys);
}

function isKnownAlgorithm({ algorithm }: Token): boolean {
  return algorithm === ALGORITHM;
}

/** Only what the tokens name: a set may hold keys of other kinds for other purposes. */
function readKeys(checks: Checks, set: KeySet, tokens: readonly Token[], now: number): Keys {
  const keys = new Map<string, SigningKey | undefined>();
  for (const { kid } of tokens.filter(isKnownAlgorithm)) {
    const jwk = kid === undefined || keys.has(kid) ? undefined : set.get(kid);
    if (kid === undefined || jwk === undefined) continue;
    keys.set(
      kid,
      checks.open('nras.jwks.key', () => signingKey(jwk)),
    );
  }
  const good = [...keys].flatMap(([kid, key]) => (key ? [{ kid, key }] : []));
  if (good.length > 0 && good.length === keys.size) checks.pass('nras.jwks.key');
  for (const { kid, key } of good) checkKeyValidity(checks, kid, key, now);
  return keys;
}

/** The set was made for another time: nothing that the token could be blamed for. */
function checkKeyValidity(checks: Checks, kid: string, { validity }: SigningKey, now: number) {
  const id = 'nras.jwks.validity';
  if (validity === undefined || !Number.isFinite(now)) return;
  const outside = outsideValidity('its certificate', validity, now);
  if (outside === undefined) checks.pass(id);
  else checks.unresolved(id, `key ${JSON.stringify(kid)}: want ${outside.want}, ${outside.got}`);
}

/** A key that is not in the set is missing, not wrong: the service has new ones every day. */
function checkGroup(
  checks: Checks,
  id: 'nras.eat.signature' | 'nras.devices.signature',
  tokens: readonly Token[],
  keys: Keys,
): void {
  const askable = tokens.filter(isKnownAlgorithm);
  const forged = askable.filter((token) => isForged(token, keys));
  const unknown = askable.filter(({ kid }) => kid !== undefined && !keys.has(kid));
  if (forged.length > 0) {
    answerForAll(checks, id, forged, 'a signature by the key that the token names', ({ kid }) =>
      kid === undefined ? 'no key named' : `not signed by ${JSON.stringify(kid)}`,
    );
  } else if (unknown.length > 0) {
    const named = unknown.map(({ name, kid }) => `${name}: ${JSON.stringify(kid)}`).join('; ');
    checks.unresolved(id, `the JWK set has no such key: ${named}`);
  } else if (tokens.every(({ kid, algorithm }) => algorithm === ALGORITHM && keyOf(kid, keys))) {
    checks.pass(id);
  }
}

function keyOf(kid: string | undefined, keys: Keys): SigningKey | undefined {
  return kid === undefined ? undefined : keys.get(kid);
}

function isForged({ kid, signed, signature }: Token, keys: Keys): boolean {
  if (kid === undefined) return true;
  const key = keys.get(kid);
  return key !== undefined && !verifyP384(key.key, signed, signature);
}
