import { BUNDLE_LIMITS } from '../../appraisal/bundle/format.ts';
import { LARGEST_DOCUMENT } from '../../core/document/yaml-text.ts';
import type { Operation } from '../operation.ts';

/** Everything that strangers could ask for without end, in one place. Times are in milliseconds. */
export interface Limits {
  readonly request: {
    /** Of path and query, in characters. */
    readonly url: number;
    /** Of each part of a path, in characters. */
    readonly parameter: number;
    readonly queryMembers: number;
    /** Of all headers and the first line, in bytes. */
    readonly headerBytes: number;
    readonly headerCount: number;
  };
  /** In bytes. */
  readonly body: {
    readonly json: number;
    readonly policy: number;
    readonly bundle: number;
    /** Of a sealed request, which is handed on and never held. */
    readonly sealed: number;
    /** Of all requests that are being read or worked on. */
    readonly all: number;
  };
  readonly connection: {
    /** Of all; more are not taken. */
    readonly count: number;
    /** Of one address, as `addressKey` has it, where that is the caller's own. */
    readonly each: number;
    /** Requests after which one is closed. */
    readonly requests: number;
    /** From its first byte until a request has its headers. */
    readonly headersWithin: number;
    /** From there until all of its body; of a relayed one, until it is known what it is. */
    readonly requestWithin: number;
    /** With nothing sent or received at all. */
    readonly idle: number;
    /** Between two requests. */
    readonly keepAlive: number;
    /** How often the above is looked at. */
    readonly checkEvery: number;
  };
  /** From a request's headers until it is answered with `took-too-long`. */
  readonly answerWithin: number;
  readonly verification: {
    readonly running: number;
    readonly waiting: number;
    readonly waitAtMost: number;
  };
  readonly stream: {
    readonly count: number;
    /** Of one principal. */
    readonly each: number;
    readonly heartbeat: number;
    /** Until a reader has taken what was sent to it; then it is cut off. */
    readonly drainWithin: number;
    /** After which it has to come again, and show again who it is. */
    readonly lifetime: number;
    /** Events that are fetched at once. */
    readonly batch: number;
  };
  readonly page: { readonly usual: number; readonly most: number };
  /** What is said in `Retry-After` where nobody knows better. */
  readonly retryAfter: number;
  /** Until running requests are cut off when the gateway closes. */
  readonly closeWithin: number;
}

const MIB = 1024 * 1024;

export const LIMITS: Limits = {
  request: {
    url: 8192,
    parameter: 128,
    queryMembers: 16,
    headerBytes: 16 * 1024,
    headerCount: 64,
  },
  body: {
    json: 64 * 1024,
    policy: Math.ceil((LARGEST_DOCUMENT * 4) / 3) + 6 * MIB,
    bundle: BUNDLE_LIMITS.bundle,
    sealed: 66 * MIB,
    all: 256 * MIB,
  },
  connection: {
    count: 2048,
    each: 256,
    requests: 10_000,
    headersWithin: 10_000,
    requestWithin: 30_000,
    idle: 75_000,
    keepAlive: 10_000,
    checkEvery: 1000,
  },
  answerWithin: 60_000,
  verification: { running: 8, waiting: 64, waitAtMost: 10_000 },
  stream: {
    count: 256,
    each: 8,
    heartbeat: 15_000,
    drainWithin: 10_000,
    lifetime: 3_600_000,
    batch: 256,
  },
  page: { usual: 100, most: 1000 },
  retryAfter: 30_000,
  closeWithin: 10_000,
};

/** Whose request counts, and for what. */
export interface LimitKey {
  /** `address` before anything else is looked at, the others once it is known who asks. */
  readonly by: 'address' | 'credential' | 'node';
  /** The address, as `addressKey` has it, or the id. */
  readonly name: string;
  readonly operation: Operation | 'none';
}

/**
 * Counts a request.
 *
 * @param now milliseconds, of a clock that nobody sets.
 * @returns milliseconds until it makes sense to ask again, if it is too many.
 */
export type RateLimit = (key: LimitKey, now: number) => number | undefined;
