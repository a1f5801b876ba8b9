import type { JsonValue } from '../../core/encoding/json.ts';
import { parseUtcTimestamp } from '../../core/encoding/time.ts';
import type { TrustAnchor } from '../../core/x509/anchors.ts';
import type { Case } from './manifest.ts';
import type { Outcome } from './outcome.ts';

/** What a runner is given besides the case: its files and the anchors it names. */
export interface CaseContext {
  /** @throws Fault `unreachable` for a file that is not there, `malformed` for a role without a path. */
  readonly file: (role: string) => Promise<Uint8Array>;
  readonly has: (role: string) => boolean;
  readonly anchors: (vendor: readonly TrustAnchor[]) => Promise<readonly TrustAnchor[]>;
  /** The same of NVIDIA's manifests; undefined where the case names no root of theirs. */
  readonly rimAnchors: (
    vendor: readonly TrustAnchor[],
  ) => Promise<readonly TrustAnchor[] | undefined>;
  /** All roles, for those that are no single path. */
  readonly files: Readonly<Record<string, JsonValue>>;
  /** @param path relative to the manifest. */
  readonly read: (path: string) => Promise<Uint8Array>;
}

/** One kind of case: which files tell it, and how it is run. */
export interface Runner {
  readonly name: string;
  /** Roles that must be there; the first runner with all of its own takes the case. */
  readonly reads: readonly string[];
  /** Whether it is its kind after all, where roles alone don't tell. */
  readonly takes?: (context: CaseContext) => Promise<boolean>;
  readonly run: (testCase: Case, context: CaseContext) => Promise<Outcome>;
}

/**
 * The instant of one kind of endorsement in a case, in milliseconds; NaN when none is given.
 *
 * @throws Fault `malformed` for anything but `YYYY-MM-DDThh:mm:ssZ`: read some other way, a
 * time that is none would make a case that expects a refusal conform.
 */
export function instantOf(testCase: Case, kind: string): number {
  const { at } = testCase;
  const text = at === null || typeof at === 'string' ? at : (at[kind] ?? at['report']);
  return text === null || text === undefined
    ? Number.NaN
    : parseUtcTimestamp(text, `${testCase.id}.at`);
}
