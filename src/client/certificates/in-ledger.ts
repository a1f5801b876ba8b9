import { fromBase64 } from '../../core/encoding/base64.ts';
import { JsonShape } from '../../core/encoding/json-shape.ts';
import { parseLeaf } from '../../ledger/leaf/entry.ts';
import type { CertificateIssued, DecisionLeaf, Leaf } from '../../ledger/leaf/leaf.ts';
import { parseTlogProof } from '../../ledger/proof/tlog-proof.ts';
import { verifyTlogProof } from '../../ledger/proof/verify-proof.ts';
import { LARGEST_CERTIFICATE_PROOF } from '../../protocol/certificate.ts';
import { PosternError } from '../errors.ts';
import type { Gateway } from '../gateway.ts';
import type { JudgedNote } from '../log-memory.ts';
import type { LogTrust } from '../log-trust.ts';
import type { Presented } from './presented.ts';

/** What the ledger shows of a certificate, verified. */
export interface ProvenCertificate {
  readonly issued: CertificateIssued;
  readonly issuedAt: number;
  readonly decision: DecisionLeaf;
  readonly decisionAt: number;
  /** To be held against what was seen of the log before. */
  readonly notes: readonly JudgedNote[];
}

/**
 * Asks a gateway to prove that a certificate is in its ledger: whoever stole the authority's key,
 * or certifies beside the rules, has to do it where all can see it, or is found out here.
 *
 * @param authority `sha256:<hex>` of the key that signed it.
 * @throws PosternError `ledger.…`; Refusal of a gateway that has no such certificate; Fault
 *   `malformed` for leaves and proofs that are not what they say.
 */
export async function certificateInLedger(
  gateway: Gateway,
  trust: LogTrust,
  certificate: Presented,
  authority: string,
): Promise<ProvenCertificate> {
  const path = `/v1/certificates/${certificate.sha256}/proof`;
  const shape = new JsonShape(
    await gateway.json(path, LARGEST_CERTIFICATE_PROOF, { credential: undefined }),
    'proof',
  );
  const issued = proven(shape.object('issued'), trust);
  const decided = proven(shape.object('decision'), trust);
  const leaf = of(issued.leaf, 'certificate.issued');
  const decision = of(decided.leaf, 'decision');
  const problem = contradiction(certificate, leaf, authority) ?? weakness(leaf, decision);
  if (problem !== undefined) throw new PosternError('ledger.certificate', problem);
  return {
    issued: leaf,
    issuedAt: issued.index,
    decision,
    decisionAt: decided.index,
    notes: [issued, decided],
  };
}

interface Proven extends JudgedNote {
  readonly leaf: Leaf;
  readonly index: number;
}

function proven(shape: JsonShape, { policy, origin }: LogTrust): Proven {
  const entry = fromBase64(shape.string('entry'), `${shape.path}.entry`);
  const at = `${shape.path}.proof`;
  const proof = parseTlogProof(fromBase64(shape.string('proof'), at), at);
  const judgement = verifyTlogProof(proof, entry, policy, at);
  if (judgement.checkpoint.origin !== origin) {
    const got = judgement.checkpoint.origin;
    throw new PosternError('ledger.origin', `want a proof of ${origin}, got one of ${got}`);
  }
  const index = Number(proof.index);
  return { leaf: parseLeaf(entry), index, note: proof.checkpoint, judgement };
}

function of<Type extends Leaf['type']>(
  leaf: Leaf,
  type: Type,
): Extract<Leaf, { readonly type: Type }> {
  if (leaf.type === type) return leaf as Extract<Leaf, { readonly type: Type }>;
  throw new PosternError('ledger.leaves', `want a leaf ${type}, got ${leaf.type}`);
}

/** Where the leaf is about something else than the certificate. */
function contradiction(
  { sha256, use, until, decision, bundle }: Presented,
  leaf: CertificateIssued,
  authority: string,
): string | undefined {
  if (leaf.certificate !== `sha256:${sha256}`) return 'the leaf is of another certificate';
  if (leaf.use !== use) return `the ledger has it for ${leaf.use}`;
  if (leaf.authority !== authority) return 'the ledger has it of another authority';
  if (until > leaf.until) return 'it lives longer than the ledger says';
  if (decision !== undefined && decision !== leaf.decision) return 'it names another decision';
  if (bundle !== undefined && bundle !== leaf.bundle) return 'it names another bundle';
  return undefined;
}

function weakness(leaf: CertificateIssued, decision: DecisionLeaf): string | undefined {
  if (decision.id !== leaf.decision) return 'the decision is not the one that it rests on';
  if (decision.verdict === 'accept' && decision.authentic) return undefined;
  return `it rests on decision ${decision.id}, which was ${decision.verdict}`;
}
