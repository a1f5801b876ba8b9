import { MODEL_NAME } from '../protocol/session/request-body.ts';
import {
  type Outcome,
  type ReceiptClaims,
  type UsageClaims,
  verifyReceipt,
  verifyUsage,
} from '../protocol/session/usage.ts';
import { PosternError } from './errors.ts';

/** A receipt that fits the request, the answer, and the machine's keys. */
export interface CheckedReceipt {
  readonly node: string;
  readonly pool: string;
  /** SHA-256 of the request's encapsulated key, lower-case hex: under which it is billed. */
  readonly session: string;
  readonly keyset: string;
  readonly model: string;
  readonly outcome: Outcome;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** False where the model's server counted nothing. */
  readonly counted: boolean;
  readonly status: number;
  /** The statement itself (JWS, compact), to keep. */
  readonly receipt: string;
  /** What the gateway bills by (JWS, compact): the same machine’s word, and the same numbers. */
  readonly usage: string;
}

/** What a receipt has to be about. */
export interface Delivered {
  readonly machine: { readonly node: string; readonly pool: string; readonly keyset: string };
  readonly session: string;
  readonly model: string | undefined;
  readonly status: number;
  /** Lower-case hex, both. */
  readonly requestSha256: string;
  readonly responseSha256: string;
}

/**
 * @param receipt and `usage`, as the answer's trailers have them.
 * @param key the keyset's receipt key, 32 bytes.
 * @throws PosternError `receipt.…`; Fault `malformed` for statements that are none, or not of this key.
 */
export function checkReceipt(
  { receipt, usage }: { readonly receipt: string | undefined; readonly usage: string | undefined },
  key: Uint8Array,
  delivered: Delivered,
): CheckedReceipt {
  if (receipt === undefined || usage === undefined) {
    throw new PosternError(
      'receipt.missing',
      'the machine has a key for receipts, and the answer came without one',
      { node: delivered.machine.node },
    );
  }
  const claims = verifyReceipt(receipt, key);
  wantAbout(claims, delivered);
  wantSame(claims, verifyUsage(usage, key), delivered);
  const { machine, session, status } = delivered;
  const { model, outcome, promptTokens, completionTokens, counted } = claims;
  return {
    node: machine.node,
    pool: machine.pool,
    session,
    keyset: machine.keyset,
    model,
    outcome,
    promptTokens,
    completionTokens,
    counted,
    status,
    receipt,
    usage,
  };
}

function wantAbout(claims: ReceiptClaims, delivered: Delivered): void {
  const { machine, session, model, status, requestSha256, responseSha256 } = delivered;
  const want: Partial<ReceiptClaims> = {
    session,
    keyset: machine.keyset,
    // A request that is refused unread names none there.
    ...(model !== undefined && !(claims.model === '' && status >= 400) && { model: nameIn(model) }),
    status,
    requestSha256,
    responseSha256,
    outcome: 'complete',
  };
  for (const name of Object.keys(want) as (keyof ReceiptClaims)[]) {
    if (claims[name] === want[name]) continue;
    throw new PosternError(`receipt.${name}`, `${name}: want ${want[name]}, got ${claims[name]}`, {
      node: machine.node,
    });
  }
}

/** What is no name stands in no statement. */
function nameIn(model: string): string {
  return MODEL_NAME.test(model) ? model : '';
}

/** What is billed by is what the receipt says. */
function wantSame(receipt: ReceiptClaims, usage: UsageClaims, { machine }: Delivered): void {
  for (const name of Object.keys(usage) as (keyof UsageClaims)[]) {
    if (usage[name] === receipt[name]) continue;
    throw new PosternError(
      'receipt.usage',
      `${name}: it says ${receipt[name]}, and what is billed by says ${usage[name]}`,
      { node: machine.node },
    );
  }
}
