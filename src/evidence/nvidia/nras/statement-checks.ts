import { equalBytes } from '../../../core/bytes/equal.ts';
import { fromHex, isHex, toHex } from '../../../core/bytes/hex.ts';
import { formatTime } from '../../../core/encoding/time.ts';
import type { Mismatch } from '../../../core/mismatch.ts';
import type { CheckList } from '../../check-list.ts';
import type { NrasCheckId } from './checks.ts';
import { type NrasEat, tokensOf } from './eat.ts';
import { NRAS_ISSUER, type NrasInput } from './input.ts';
import { submodulesProblem } from './submods.ts';
import type { Token } from './token.ts';
import { answerForAll, shown } from './tokens-answer.ts';

type Checks = CheckList<NrasCheckId>;

const NONCE_SIZE = 32;

/** What the tokens say, whoever signed them. */
export function checkStatement(checks: Checks, eat: NrasEat, input: NrasInput): void {
  const issuer = input.issuer ?? NRAS_ISSUER;
  answerForAll(checks, 'nras.eat.issuer', tokensOf(eat), issuer, ({ payload }) =>
    payload.value('iss') === issuer ? undefined : shown(payload.value('iss')),
  );
  checkValidity(checks, tokensOf(eat), input.at);
  checks.answer('nras.eat.digests', submodulesProblem(eat));
  checkNonces(checks, eat, input.nonce);
  checkResults(checks, eat);
  checkSet(checks, eat, input.devices);
}

/** The last second that a date can name, by ECMAScript. */
const LATEST = 8.64e12;

/** NumericDate (RFC 7519 section 2), without fractions. */
function secondsOf({ payload }: Token, name: string): number | undefined {
  const value = payload.value(name);
  const whole = typeof value === 'number' && Number.isInteger(value);
  return whole && value >= 0 && value <= LATEST ? value : undefined;
}

/** Out of date is a statement about another time, not a false one. */
function checkValidity(checks: Checks, tokens: readonly Token[], now: number): void {
  const id = 'nras.eat.validity';
  const undated = tokens.filter((token) => datesProblem(token) !== undefined);
  if (undated.length > 0) {
    answerForAll(checks, id, undated, 'iat and exp (and nbf) in seconds', datesProblem);
    return;
  }
  if (!Number.isFinite(now)) return;
  const outside = tokens.flatMap((token) => {
    const problem = outOfDate(token, now);
    return problem === undefined ? [] : [`${token.name} ${problem}`];
  });
  if (outside.length === 0) checks.pass(id);
  else checks.unresolved(id, `at ${formatTime(now)}: ${outside.join('; ')}`);
}

/** NVIDIA's service writes all three; `nbf` may be missing, its start being `iat` then. */
function datesProblem(token: Token): string | undefined {
  const names = ['iat', 'exp', ...(token.payload.has('nbf') ? ['nbf'] : [])];
  const wrong = names.filter((name) => secondsOf(token, name) === undefined);
  if (wrong.length === 0) return undefined;
  return wrong.map((name) => `${name} ${shown(token.payload.value(name))}`).join(', ');
}

function outOfDate(token: Token, now: number): string | undefined {
  const seconds = (name: string) => secondsOf(token, name) ?? 0;
  const from = Math.max(seconds('iat'), seconds('nbf')) * 1000;
  const to = seconds('exp') * 1000;
  if (from <= now && now < to) return undefined;
  // `exp` itself is past the end (RFC 7519 section 4.1.4).
  return now < from ? `is valid only from ${formatTime(from)}` : `ended ${formatTime(to)}`;
}

/** @returns 32 bytes, or undefined for whatever is no nonce of NVIDIA's. */
function nonceOf({ payload }: Token): Uint8Array | undefined {
  const value = payload.value('eat_nonce');
  if (typeof value !== 'string' || value.length !== 2 * NONCE_SIZE) return undefined;
  return isHex(value) ? fromHex(value, 'eat_nonce') : undefined;
}

/** A token without a nonce fails, whether or not one was expected: it could be of any time. */
function checkNonces(checks: Checks, { overall, devices }: NrasEat, want?: Uint8Array): void {
  const id = 'nras.eat.nonce';
  const got = nonceOf(overall);
  if (got === undefined) {
    const instead = shown(overall.payload.value('eat_nonce'));
    checks.fail(id, { want: want ? toHex(want) : '64 hex digits', got: instead });
    return;
  }
  if (want) checks.answer(id, bytesProblem(want, got));
  answerForAll(checks, 'nras.devices.nonce', devices, toHex(got), (device) => {
    const own = nonceOf(device);
    if (own && equalBytes(own, got)) return undefined;
    return shown(device.payload.value('eat_nonce'));
  });
}

function bytesProblem(want: Uint8Array, got: Uint8Array): Mismatch | undefined {
  return equalBytes(want, got) ? undefined : { want: toHex(want), got: toHex(got) };
}

/** Asked of both: on a wrong nonce the service signs tokens that say nothing of measurements. */
function checkResults(checks: Checks, { overall, devices }: NrasEat): void {
  const result = overall.payload.value('x-nvidia-overall-att-result');
  const mismatch = { want: 'true', got: shown(result) };
  checks.answer('nras.eat.result', result === true ? undefined : mismatch);
  answerForAll(checks, 'nras.devices.result', devices, '"success"', ({ payload }) =>
    payload.value('measres') === 'success' ? undefined : shown(payload.value('measres')),
  );
}

/**
 * One device under two names would make a machine look larger than it is. Devices that are at
 * hand and not in it are no failure: GPUs and switches are asked about apart.
 */
function checkSet(checks: Checks, { devices }: NrasEat, wanted?: readonly string[]): void {
  const id = 'nras.devices.set';
  const named = devices.map(({ payload }) => payload.value('ueid'));
  const repeated = named.find((ueid, i) => ueid !== undefined && named.indexOf(ueid) !== i);
  if (repeated !== undefined) {
    checks.fail(id, { want: 'different devices', got: `${shown(repeated)} more than once` });
  } else if (wanted) {
    const foreign = named.filter((ueid) => !wanted.some((known) => known === ueid));
    const want = `none but ${wanted.map(shown).join(', ') || 'no device at all'}`;
    const got = foreign.map(shown).join(', ');
    checks.answer(id, foreign.length === 0 ? undefined : { want, got });
  }
}
