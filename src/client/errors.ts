import { bounded } from '../core/fault.ts';
import type { Check } from '../evidence/verdict.ts';

/**
 * The steps from a policy to a finished answer, in order, and for each what holds when it fails:
 * how far trust reached, and what had left this process.
 */
export const STAGES = {
  policy: 'no policy is held to judge a machine by; no request was sent',
  candidates: 'the gateway named no machine to ask; no request was sent',
  evidence: 'no evidence of the machine was had; no request was sent',
  freshness: 'the evidence may be an old one; no request was sent',
  appraisal: 'the evidence is not what the policy wants; no request was sent',
  ledger: 'the evidence is good, but the ledger does not show it; no request was sent',
  connect:
    'the machine is verified, and no connection that ends in it came about; nothing was sent over one',
  session:
    'the connection was closed; what went over it before was for whoever holds a key that the verified machine has shown',
  seal: 'the machine is verified, but the request could not be sealed; no request was sent',
  relay:
    'the machine is verified and the request was sealed for it alone; this is the word of the gateway, whom nobody verifies',
  open: 'the request was sealed for a verified machine, and what came back is not its answer; nothing of that was handed on',
  incomplete:
    'what was handed on is the verified machine’s, but the end of its answer never came: do not take it for a whole one',
  receipt: 'the answer is the verified machine’s, but its receipt does not fit: do not pay by it',
} as const satisfies Record<string, string>;

export type Stage = keyof typeof STAGES;

export interface PosternErrorDetails {
  /** The checks that failed or stayed open, where evidence or policy was checked. */
  readonly checks?: readonly Check[];
  /** The machine that it is about, where there is one: its id in the gateway. */
  readonly node?: string;
  readonly cause?: unknown;
}

/**
 * What a client throws, and what its streams end with. The message says what failed and where trust
 * ended; what the gateway says of itself stands in it as a quotation at most.
 */
export class PosternError extends Error {
  override readonly name = 'PosternError';
  readonly stage: Stage;
  /** `<stage>.<word>`, stable. */
  readonly code: `${Stage}.${string}`;
  /** The message without its code, and without {@link trust}. */
  readonly what: string;
  /** How far trust reached. */
  readonly trust: string;
  readonly checks: readonly Check[];
  readonly node: string | undefined;

  constructor(
    code: `${Stage}.${string}`,
    what: string,
    { checks = [], node, cause }: PosternErrorDetails = {},
  ) {
    const stage = code.slice(0, code.indexOf('.')) as Stage;
    const trust = STAGES[stage];
    super(`${code}: ${bounded(what)} (${trust})`, cause === undefined ? {} : { cause });
    this.stage = stage;
    this.code = code;
    this.what = bounded(what);
    this.trust = trust;
    this.checks = checks;
    this.node = node;
  }
}
