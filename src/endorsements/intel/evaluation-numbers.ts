import { fromHex } from '../../core/bytes/hex.ts';
import { utf8 } from '../../core/bytes/text.ts';
import { parseJson } from '../../core/encoding/json.ts';
import { JsonShape } from '../../core/encoding/json-shape.ts';
import { malformed } from '../../core/fault.ts';
import { isMismatch, type Mismatch } from '../../core/mismatch.ts';
import type { TrustAnchor } from '../../core/x509/anchors.ts';
import type { Certificate } from '../../core/x509/certificate.ts';
import { crlProblem } from '../../core/x509/chain.ts';
import { type Crl, parseNumberedCrl } from '../../core/x509/crl.ts';
import { isSignature } from '../../core/x509/signed.ts';
import { outsideValidity, type Validity } from '../../core/x509/validity.ts';
import { readIssuerChain } from '../../evidence/tdx/issuer-chain.ts';
import { ROOT_CA, TCB_SIGNER } from '../../evidence/tdx/roles.ts';
import { crlFromAnyForm } from '../crl-text.ts';
import { type HttpAnswer, httpGet } from '../http.ts';
import type { PcsClient } from './pcs.ts';
import { issuerChain, signedMember } from './response.ts';

/** One TCB recovery event; times in milliseconds since the epoch. */
export interface TdxEvaluation {
  readonly number: number;
  readonly recoveryEventDate: number;
  readonly tcbDate: number;
}

export interface TdxEvaluationNumbers {
  /** issueDate to nextUpdate. */
  readonly validity: Validity;
  /** Highest number first; never empty. */
  readonly evaluations: readonly TdxEvaluation[];
}

/**
 * Which evaluation data numbers Intel serves TDX documents for (PCS API v4, "Retrieve TCB
 * Evaluation Data Numbers"): `/tdx/certification/v4/tcbevaluationdatanumbers`, signed as TCB
 * info is, with the root CA's CRL to ask about its signer.
 *
 * @throws Fault `unreachable`; `malformed` when the list is not Intel's, or not in date now.
 */
export async function fetchTdxEvaluationNumbers(
  client: PcsClient,
  { anchors, now }: { readonly anchors: readonly TrustAnchor[]; readonly now: number },
): Promise<TdxEvaluationNumbers> {
  const { fetch, base, limits } = client;
  const url = `${base.url}/tdx/certification/v4/tcbevaluationdatanumbers`;
  const group = new AbortController();
  const get = (from: string) => httpGet(fetch, { url: from, limits, signal: group.signal });
  try {
    const [list, crl] = await Promise.all([get(url), get(base.rootCaCrl)]);
    const text = verifiedText(list, crl, anchors, now);
    const numbers = parseNumbers(text, url);
    demand(outsideValidity('the list', numbers.validity, now), url);
    return numbers;
  } finally {
    group.abort(); // one without the other is of no use
  }
}

function verifiedText(
  list: HttpAnswer,
  crlAnswer: HttpAnswer,
  anchors: readonly TrustAnchor[],
  now: number,
): string {
  const { text, signature } = signedMember(list, 'tcbEvaluationDataNumbers');
  const pem = issuerChain(list, ['TCB-Evaluation-Data-Numbers-Issuer-Chain']);
  const at = `${list.url} issuer chain`;
  const chain = readIssuerChain(pem, [TCB_SIGNER, ROOT_CA], anchors, at);
  if (isMismatch(chain)) throw refused(chain, at);
  const [signer, root] = chain;
  if (signer === undefined || root === undefined) throw malformed(at, 'incomplete');
  for (const { subject, validity } of chain) {
    demand(outsideValidity(subject.commonName, validity, now), at);
  }
  const crl = parseNumberedCrl(crlFromAnyForm(crlAnswer.body, crlAnswer.url), crlAnswer.url);
  demand(crlProblem(crl, root) ?? outsideValidity('the CRL', crl.validity, now), crlAnswer.url);
  demand(revoked(signer, crl), at);
  if (!isSignature(fromHex(signature, list.url, 64), utf8(text), signer.publicKey)) {
    throw malformed(`${list.url}.signature`, `not a signature of ${signer.subject.text}`);
  }
  return text;
}

function revoked(certificate: Certificate, crl: Crl): Mismatch | undefined {
  if (!crl.revoked.has(certificate.serial)) return undefined;
  return { want: `${certificate.subject.commonName} not revoked`, got: 'revoked' };
}

function parseNumbers(text: string, url: string): TdxEvaluationNumbers {
  const path = `${url}.tcbEvaluationDataNumbers`;
  const root = new JsonShape(parseJson(text, path).value, path);
  const id = root.string('id');
  if (id !== 'TDX') throw malformed(`${path}.id`, `want "TDX", got ${JSON.stringify(id)}`);
  if (root.integer('version', 2 ** 31) !== 1) throw malformed(`${path}.version`, 'want 1');
  const evaluations = root.objects('tcbEvalNumbers').map((item) => ({
    number: item.integer('tcbEvaluationDataNumber', 2 ** 31),
    recoveryEventDate: item.time('tcbRecoveryEventDate'),
    tcbDate: item.time('tcbDate'),
  }));
  if (evaluations.length === 0) throw malformed(`${path}.tcbEvalNumbers`, 'empty');
  evaluations.sort((a, b) => b.number - a.number);
  return {
    validity: { from: root.time('issueDate'), to: root.time('nextUpdate') },
    evaluations,
  };
}

function demand(problem: Mismatch | undefined, at: string): void {
  if (problem !== undefined) throw refused(problem, at);
}

function refused({ want, got }: Mismatch, at: string): Error {
  return malformed(at, `want ${want}, got ${got}`);
}
