import type { NodeView, VerificationView } from './view.ts';

/** A client of verified machines behind one gateway. */
export interface Postern {
  /**
   * For the OpenAI SDK, or to be called: takes requests to the gateway's origin under `/v1/`, seals
   * each for a verified machine, and gives that machine's answer. Other addresses are refused.
   *
   * The gateway's own refusals come as Responses that carry `Postern-Unauthenticated: 1`.
   *
   * @throws PosternError for all that went wrong before there was an answer; its body ends with one
   *   for all that goes wrong after.
   */
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
  /**
   * Verifies a machine now, so that the first request need not wait.
   *
   * @param target whose; the pool of the options by default.
   * @throws PosternError
   */
  readonly verify: (target?: Target) => Promise<NodeView>;
  /** What was verified so far; asks nobody anything. */
  readonly verification: () => VerificationView;
}

/** Which machines may answer: those of a pool, one of them by its id, or those that serve a model. */
export type Target = { readonly pool: string; readonly node?: string } | { readonly model: string };
