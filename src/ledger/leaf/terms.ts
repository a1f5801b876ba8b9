import { PLAIN_CHARACTER } from '../../appraisal/policy/plain-line.ts';
import { MOST_REVISIONS, POLICY_NAME } from '../../appraisal/policy/signing/members.ts';
import type { AnchorKind } from '../../core/x509/anchors.ts';
import type { CheckId, Verdict } from '../../evidence/verdict.ts';
import { count, digest, type Form, members, oneOf, sortedTexts, text } from '../form/form.ts';

/** 16 random bytes, unique in the ledger. */
export const leafId = text(/^[0-9a-f]{32}$/, '32 lower-case hex digits');

/** What decided: `postern/0.1.0`. */
export const engine = text(/^postern\/[0-9A-Za-z][0-9A-Za-z.+-]{0,63}$/, 'postern/ and a version');

/** HMAC-SHA-256 under a record's salt: a name that only who has the record can tell the owner of. */
export const saltedDigest = text<`hmac-sha256:${string}`>(
  /^hmac-sha256:[0-9a-f]{64}$/,
  'hmac-sha256: and 64 lower-case hex digits',
);

export const verdict = oneOf('accept', 'reject', 'indeterminate') satisfies Form<Verdict>;

export const anchorKind = oneOf('vendor', 'custom', 'simulator', 'none') satisfies Form<AnchorKind>;

const checkId = text<CheckId>(
  /^(?=.{3,100}$)[a-z0-9_]+(\.[a-z0-9_]+)+$/,
  'the id of a check, of at most 100 characters',
);

/** Many times as many as there are checks. */
const MOST_CODES = 640;

/** Ids of checks, each once, sorted. */
export const codes = sortedTexts(checkId, MOST_CODES);

/** A revision of a policy. */
export interface NamedPolicy {
  readonly name: string;
  readonly revision: number;
  /** `sha256:<hex>` of its canonical bytes. */
  readonly digest: string;
}

const revision: Form<number> = {
  write: count(MOST_REVISIONS).write,
  read: (value, path, source) => {
    const { read } = count(MOST_REVISIONS);
    return read(value === 0 ? undefined : value, path, source);
  },
};

export const policyName = text(POLICY_NAME, 'the name of a policy');

export const namedPolicy = members<NamedPolicy>({ name: policyName, revision, digest });

/** A stable word for why or what: `snp.crl`, `lease_expired`. */
export const codeWord = text(
  /^(?=.{1,100}$)[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$/,
  'lower-case words joined by dots, of at most 100 characters',
);

/** For people, on one line: no control characters, and nothing that a reader would not see. */
export function line(least: number, most: number): Form<string> {
  const plain = new RegExp(`^${PLAIN_CHARACTER}{${least},${most}}$`, 'u');
  return text(plain, `text of ${least} to ${most} characters, on one line`);
}
