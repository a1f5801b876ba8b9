import { sha256 } from '#crypto';
import { toHex } from '../../core/bytes/hex.ts';
import { utf8 } from '../../core/bytes/text.ts';
import { formatTime } from '../../core/encoding/time.ts';
import {
  type Outcome,
  RECEIPT_TYPE,
  type ReceiptClaims,
  USAGE_TYPE,
  type UsageClaims,
} from '../../protocol/session/usage.ts';
import type { TokenCounts } from '../session/usage-meter.ts';
import type { ReceiptKey } from './receipt-key.ts';

/** What a session came to. */
export interface SessionFacts {
  readonly session: string;
  readonly account: string;
  readonly model: string;
  readonly outcome: Outcome;
  readonly counts: TokenCounts;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** What ties a receipt to one question and answer, digests in lower-case hex. */
export type ReceiptFacts = Pick<ReceiptClaims, 'requestSha256' | 'responseSha256' | 'status'>;

/** A statement for whoever bills, and what of it the client alone may have besides. */
export interface Statement {
  readonly usage: string;
  readonly receipt: (facts: ReceiptFacts) => string;
}

interface Link {
  readonly seq: number;
  readonly prev: string | null;
}

const FIRST: Link = { seq: 1, prev: null };

/**
 * The statements under one keyset. Those of one account are a chain: one that is held back is
 * missed. Those of two have nothing in common, so that nobody learns from theirs of another's.
 */
export class UsageChain {
  readonly #keyset: string;
  readonly #key: ReceiptKey;
  readonly #most: number;
  readonly #next = new Map<string, Link>();

  /**
   * @param keyset its SHA-384, lower-case hex.
   * @param most accounts: one that is forgotten would begin its chain anew.
   */
  constructor(keyset: string, key: ReceiptKey, most: number) {
    this.#keyset = keyset;
    this.#key = key;
    this.#most = most;
  }

  knows(account: string): boolean {
    return this.#next.has(account);
  }

  /** Whether there is room for its statements. */
  hasRoom(account: string): boolean {
    return this.knows(account) || !this.isFull;
  }

  /** From now on there is. */
  admit(account: string): void {
    if (!this.knows(account)) this.#next.set(account, FIRST);
  }

  get isFull(): boolean {
    return this.#next.size >= this.#most;
  }

  get isNearlyFull(): boolean {
    return this.#next.size >= Math.ceil(this.#most * 0.75);
  }

  /** The next statement of its account. */
  state({ session, account, model, outcome, counts, at }: SessionFacts): Statement {
    const { seq, prev } = this.#next.get(account) ?? FIRST;
    const claims: UsageClaims = {
      v: 1,
      session,
      keyset: this.#keyset,
      model,
      outcome,
      ...counts,
      at: formatTime(Math.floor(at / 1000) * 1000),
      account,
      seq,
      prev,
    };
    const usage = this.#key.statement(USAGE_TYPE, claims);
    this.#next.set(account, { seq: seq + 1, prev: toHex(sha256(utf8(usage))) });
    return {
      usage,
      receipt: (facts) => this.#key.statement(RECEIPT_TYPE, { ...claims, ...facts }),
    };
  }
}
