import Type from 'typebox';
import { closed } from '../../appraisal/policy/schema/values.ts';
import { verifyEd25519Statement } from '../../appraisal/result/verify-statement.ts';
import type { JsonShape } from '../../core/encoding/json-shape.ts';
import { malformed } from '../../core/fault.ts';
import { Id } from '../values.ts';
import { SESSION_ID } from './session-id.ts';

/** `typ` of what the enclave tells whoever bills: counts, and nothing of what was said. */
export const USAGE_TYPE = 'postern-usage+jwt';
/** `typ` of what it tells the client alone, sealed with the answer. */
export const RECEIPT_TYPE = 'postern-receipt+jwt';

export const OUTCOMES = ['complete', 'aborted', 'failed'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** What a sealed request came to. Signed by the `receipt` key of the keyset that it names. */
export interface UsageClaims {
  readonly v: 1;
  /** See `session-id.ts`. */
  readonly session: string;
  /** SHA-384 of the keyset that the request was sealed under, lower-case hex. */
  readonly keyset: string;
  /** As the request named it; empty where it named none. */
  readonly model: string;
  /** `aborted`: whoever asked went away or took too long; `failed`: the server did not answer whole. */
  readonly outcome: Outcome;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Whether the server told the counts; else of a stream the pieces that came, each a token or more. */
  readonly counted: boolean;
  /** RFC 3339, by the enclave's clock. */
  readonly at: string;
  /** The account as the relay named it. */
  readonly account: string;
  /** 1, 2, … of this account under this keyset: a statement that is missing is missed. */
  readonly seq: number;
  /** SHA-256 of the account's statement before this one as it was signed, lower-case hex. */
  readonly prev: string | null;
}

/** The same for the client, with what ties it to exactly this question and answer. */
export interface ReceiptClaims extends UsageClaims {
  /** SHA-256 of the binary HTTP request that was opened, lower-case hex. */
  readonly requestSha256: string;
  /** SHA-256 of the content of the answer, lower-case hex. */
  readonly responseSha256: string;
  /** Of the answer. */
  readonly status: number;
}

const DIGEST = /^[0-9a-f]{64}$/;
const KEYSET = /^[0-9a-f]{96}$/;
export const ACCOUNT = /^[!-~]{1,64}$/;
const LONGEST_MODEL = 256;
const MOST_TOKENS = 2 ** 40;
const USAGE_MEMBERS = [
  'v',
  'session',
  'keyset',
  'model',
  'outcome',
  'promptTokens',
  'completionTokens',
  'counted',
  'at',
  'account',
  'seq',
  'prev',
] as const satisfies readonly (keyof UsageClaims)[];
const RECEIPT_MEMBERS = [
  ...USAGE_MEMBERS,
  'requestSha256',
  'responseSha256',
  'status',
] as const satisfies readonly (keyof ReceiptClaims)[];

/**
 * @param key the `receipt` key of the keyset, 32 bytes.
 * @throws Fault `malformed` at `usage…`, at `usage.signature` where it is not of this key.
 */
export function verifyUsage(statement: string, key: Uint8Array): UsageClaims {
  return readUsage(verifyEd25519Statement(statement, USAGE_TYPE, key, 'usage'), USAGE_MEMBERS);
}

/** @throws Fault `malformed` at `receipt…`; see {@link verifyUsage}. */
export function verifyReceipt(receipt: string, key: Uint8Array): ReceiptClaims {
  const shape = verifyEd25519Statement(receipt, RECEIPT_TYPE, key, 'receipt');
  const status = shape.integer('status', 999);
  if (status < 100) throw malformed(`${shape.path}.status`, `want 100 to 999, got ${status}`);
  return {
    ...readUsage(shape, RECEIPT_MEMBERS),
    requestSha256: text(shape, 'requestSha256', DIGEST),
    responseSha256: text(shape, 'responseSha256', DIGEST),
    status,
  };
}

/** A time of the calendar, kept as it is written: that is what was signed. */
function instantText(shape: JsonShape, name: string): string {
  shape.time(name);
  return shape.string(name);
}

function readUsage(shape: JsonShape, members: readonly string[]): UsageClaims {
  const other = shape.names().find((name) => !members.includes(name));
  if (other !== undefined) throw malformed(shape.path, `unknown member ${JSON.stringify(other)}`);
  const version = shape.integer('v', 0xffff);
  if (version !== 1) throw malformed(`${shape.path}.v`, `want 1, got ${version}`);
  const seq = shape.integer('seq', Number.MAX_SAFE_INTEGER);
  const prev = shape.value('prev') === null ? null : text(shape, 'prev', DIGEST);
  if (seq < 1 || (seq === 1) !== (prev === null)) {
    throw malformed(
      `${shape.path}.prev`,
      'the first of an account has none before it, and no other',
    );
  }
  return {
    v: 1,
    session: text(shape, 'session', SESSION_ID),
    keyset: text(shape, 'keyset', KEYSET),
    model: modelOf(shape),
    outcome: outcomeOf(shape),
    promptTokens: shape.integer('promptTokens', MOST_TOKENS),
    completionTokens: shape.integer('completionTokens', MOST_TOKENS),
    counted: shape.boolean('counted'),
    at: instantText(shape, 'at'),
    account: text(shape, 'account', ACCOUNT),
    seq,
    prev,
  };
}

function text(shape: JsonShape, name: string, pattern: RegExp): string {
  const value = shape.string(name);
  if (pattern.test(value)) return value;
  throw malformed(`${shape.path}.${name}`, `want ${pattern.source}`);
}

function modelOf(shape: JsonShape): string {
  const model = shape.string('model');
  if (model.length <= LONGEST_MODEL) return model;
  throw malformed(`${shape.path}.model`, `longer than ${LONGEST_MODEL} characters`);
}

function outcomeOf(shape: JsonShape): Outcome {
  const word = shape.string('outcome');
  const outcome = OUTCOMES.find((one) => one === word);
  if (outcome !== undefined) return outcome;
  throw malformed(`${shape.path}.outcome`, `want ${OUTCOMES.join(', ')}`);
}

const MOST_STATEMENTS = 64;
const Statement = Type.String({ maxLength: 4096, pattern: '^[\\w-]+\\.[\\w-]+\\.[\\w-]+$' });

/** What an agent hands in by itself: statements of sessions whose connection was gone. */
export const UsageRequest = closed({
  usage: Type.Array(Statement, { minItems: 1, maxItems: MOST_STATEMENTS }),
});

/** In the order in which they came; `next` is where to go on after, where there may be more. */
export const UsagePageSchema = closed({
  items: Type.Array(
    closed({
      seq: Type.Integer({ minimum: 1 }),
      node: Id,
      account: Type.String(),
      usage: Statement,
    }),
  ),
  next: Type.Optional(Type.Integer({ minimum: 1 })),
});

/** What becomes of a statement; nothing is billed by one that is neither `taken` nor `known`. */
export const USAGE_FATES = [
  'taken',
  'known',
  'unsigned',
  'malformed',
  'signature',
  'session',
  'account',
  'keyset',
  'contradicts',
  /** It could not be kept: to be handed in again. */
  'lost',
] as const;
export type UsageFate = (typeof USAGE_FATES)[number];

/** Of those that were handed in, in their order. */
export const UsageFatesSchema = closed({
  fates: Type.Array(Type.Enum([...USAGE_FATES], { description: USAGE_FATES.join(', ') })),
});
