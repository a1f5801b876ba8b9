import { fromHex } from '../core/bytes/hex.ts';
import { fromBase64 } from '../core/encoding/base64.ts';
import { parseLeaf } from '../ledger/leaf/entry.ts';
import type { AdmissionGranted, DecisionLeaf, KeyBound, Leaf } from '../ledger/leaf/leaf.ts';
import { type HardwareId, SALT_SIZE, saltedKeyset, saltedSubject } from '../ledger/leaf/salted.ts';
import { parseTlogProof } from '../ledger/proof/tlog-proof.ts';
import { verifyTlogProof } from '../ledger/proof/verify-proof.ts';
import type { Candidate } from '../protocol/session/candidates.ts';
import { PosternError } from './errors.ts';
import type { JudgedNote } from './log-memory.ts';
import type { LogTrust } from './log-trust.ts';
import type { AdmissionView } from './view.ts';

/** What the ledger shows of a machine: verified, and about this very machine and keyset. */
export interface Admission {
  readonly view: AdmissionView;
  /** Those that the proofs end in, to be held against what was seen of the log before. */
  readonly notes: readonly JudgedNote[];
}

/** The machine that the ledger has to speak of. */
export interface AdmittedMachine {
  /** SHA-384 of its keyset, as evidence commits to it. */
  readonly keysetSha384: Uint8Array;
  /** As its evidence says them. */
  readonly hardware: readonly HardwareId[];
  /** Whether decisions on other roots than the vendors' count: where its evidence rests on such. */
  readonly takesOtherRoots: boolean;
}

interface Proven<L extends Leaf> extends JudgedNote {
  readonly leaf: L;
  readonly index: number;
  readonly salt: Uint8Array | undefined;
}

/**
 * Three leaves have to be there: that somebody decided about the machine and accepted it, that it
 * was let in on this decision, for a time that is not over, and that this keyset is its.
 *
 * @param now in milliseconds since the epoch.
 * @throws PosternError `ledger.…`; Fault `malformed` for leaves and proofs that are not what they
 *   say.
 */
export function checkAdmission(
  candidate: Candidate,
  trust: LogTrust,
  machine: AdmittedMachine,
  now: number,
): Admission {
  const proven = candidate.proofs.map((_, i) => readProof(candidate, i, trust));
  const decision = only(proven, 'decision');
  const granted = only(proven, 'admission.granted');
  const bound = only(proven, 'key.bound');
  checkDecision(decision, candidate, machine);
  checkGranted(granted, decision.leaf, candidate, now);
  checkBound(bound, decision, machine);
  const { leaf } = decision;
  return {
    view: {
      decision: leaf.id,
      decidedAt: leaf.at,
      policy: leaf.policy ?? undefined,
      until: granted.leaf.until,
      leaves: [decision, granted, bound].map(({ leaf: { type }, index }) => ({ type, index })),
    },
    notes: proven,
  };
}

function readProof({ proofs }: Candidate, i: number, { policy, origin }: LogTrust): Proven<Leaf> {
  const at = `candidate.proofs[${i}]`;
  const { entry: encoded = '', proof: proved = '', salt } = proofs[i] ?? {};
  const entry = fromBase64(encoded, `${at}.entry`);
  const proof = parseTlogProof(fromBase64(proved, `${at}.proof`), `${at}.proof`);
  const judgement = verifyTlogProof(proof, entry, policy, `${at}.proof`);
  if (judgement.checkpoint.origin !== origin) {
    throw new PosternError(
      'ledger.origin',
      `want a proof of ${origin}, got one of ${judgement.checkpoint.origin}`,
    );
  }
  return {
    leaf: parseLeaf(entry),
    index: Number(proof.index),
    salt: salt === undefined ? undefined : fromHex(salt, `${at}.salt`, SALT_SIZE),
    note: proof.checkpoint,
    judgement,
  };
}

function only<Type extends Leaf['type']>(
  proven: readonly Proven<Leaf>[],
  type: Type,
): Proven<Extract<Leaf, { readonly type: Type }>> {
  const found = proven.filter(({ leaf }) => leaf.type === type);
  const [one] = found;
  if (one === undefined || found.length > 1) {
    const got = found.length === 0 ? 'none' : String(found.length);
    throw new PosternError('ledger.leaves', `want one proven leaf ${type}, got ${got}`);
  }
  return one as Proven<Extract<Leaf, { readonly type: Type }>>;
}

function checkDecision(
  { leaf, salt }: Proven<DecisionLeaf>,
  candidate: Candidate,
  { hardware, takesOtherRoots }: AdmittedMachine,
): void {
  if (leaf.id !== candidate.decision) {
    throw new PosternError(
      'ledger.decision',
      `the gateway names decision ${candidate.decision}, and proves ${leaf.id}`,
    );
  }
  if (leaf.verdict !== 'accept' || !leaf.authentic) {
    const authentic = leaf.authentic ? '' : ', and not as authentic';
    throw new PosternError('ledger.verdict', `decision ${leaf.id} was ${leaf.verdict}${authentic}`);
  }
  if (leaf.anchors !== 'vendor' && !takesOtherRoots) {
    throw new PosternError(
      'ledger.anchors',
      `decision ${leaf.id} rests on ${leaf.anchors} roots, and no others than the vendors’ were named`,
    );
  }
  if (salt && leaf.subject !== saltedSubject(salt, hardware)) {
    throw new PosternError('ledger.subject', `decision ${leaf.id} is about another machine`);
  }
}

function checkGranted(
  { leaf }: Proven<AdmissionGranted>,
  decision: DecisionLeaf,
  candidate: Candidate,
  now: number,
): void {
  if (leaf.decision !== decision.id) {
    throw new PosternError(
      'ledger.admission',
      `the admission rests on decision ${leaf.decision}, and not on ${decision.id}`,
    );
  }
  if (leaf.until <= now) {
    const until = new Date(leaf.until).toISOString();
    throw new PosternError('ledger.lapsed', `${candidate.node} was admitted until ${until}`);
  }
}

/**
 * A keyset may have been bound by an earlier decision than the one in force: then both have to be
 * about this machine, which the salts of their records show.
 */
function checkBound(
  { leaf, salt }: Proven<KeyBound>,
  decision: Proven<DecisionLeaf>,
  { keysetSha384, hardware }: AdmittedMachine,
): void {
  const opens = salt ?? (leaf.decision === decision.leaf.id ? decision.salt : undefined);
  if (opens === undefined) {
    throw new PosternError('ledger.keyset', 'the keyset’s leaf comes without what opens it');
  }
  if (leaf.keyset !== saltedKeyset(opens, keysetSha384)) {
    throw new PosternError('ledger.keyset', 'the ledger binds another keyset than the evidence');
  }
  if (leaf.decision === decision.leaf.id) return;
  if (decision.salt === undefined || hardware.length === 0) {
    throw new PosternError(
      'ledger.subject',
      decision.salt === undefined
        ? 'the decision in force comes without what shows that it is about this machine'
        : 'the evidence does not say which machine it is of (a masked chip id?), and the decision in force did not bind its keyset',
    );
  }
}
