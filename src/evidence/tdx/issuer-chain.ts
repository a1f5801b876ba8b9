import { equalBytes } from '../../core/bytes/equal.ts';
import { fromPem } from '../../core/encoding/pem.ts';
import { malformed } from '../../core/fault.ts';
import { isMismatch, type Mismatch } from '../../core/mismatch.ts';
import type { TrustAnchor } from '../../core/x509/anchors.ts';
import { type Certificate, parseCertificate } from '../../core/x509/certificate.ts';
import {
  linkProblem,
  type Role,
  roleProblem,
  rootProblem,
  seatByRole,
} from '../../core/x509/chain.ts';

/** More than any chain of Intel's; a limit, since these certificates are not yet trusted. */
const MOST_CERTIFICATES = 8;

/** Certificates in PEM; one NUL at the end, as quoting libraries write it, is not part of them. */
export function parseChain(
  pem: string,
  anchors: readonly TrustAnchor[],
  path: string,
): readonly Certificate[] {
  const text = pem.endsWith('\0') ? pem.slice(0, -1) : pem;
  const ders = fromPem(text, 'CERTIFICATE', path);
  if (ders.length === 0) throw malformed(path, 'no certificate');
  if (ders.length > MOST_CERTIFICATES) throw malformed(path, `${ders.length} certificates`);
  return ders.map((der, i) => {
    // Nearly every chain ends in the anchor's own certificate, which is parsed already.
    const anchor = anchors.find((known) => equalBytes(known.certificate.der, der));
    return anchor?.certificate ?? parseCertificate(der, `${path}[${i}]`);
  });
}

/** Certificates in the order of `roles` (leaf first), each fit for its seat, or why not. */
export function seatChain(
  certificates: readonly Certificate[],
  roles: readonly Role[],
): readonly Certificate[] | Mismatch {
  const seated = seatByRole(certificates, roles);
  if (isMismatch(seated)) return seated;
  for (const [i, role] of roles.entries()) {
    const certificate = seated[i];
    const problem = certificate && roleProblem(certificate, role);
    if (problem) return problem;
  }
  return seated;
}

/** Each certificate issued by the next; the root is not judged here. */
export function chainProblem(chain: readonly Certificate[]): Mismatch | undefined {
  for (const [i, certificate] of chain.entries()) {
    const issuer = chain[i + 1];
    const problem = issuer && linkProblem(certificate, issuer, i);
    if (problem) return problem;
  }
  return undefined;
}

/** Seats, links and root in one answer, for chains that come with collateral. */
export function readIssuerChain(
  pem: string,
  roles: readonly Role[],
  anchors: readonly TrustAnchor[],
  path: string,
): readonly Certificate[] | Mismatch {
  const chain = seatChain(parseChain(pem, anchors, path), roles);
  if (isMismatch(chain)) return chain;
  const root = chain[chain.length - 1];
  return (
    chainProblem(chain) ??
    (root ? rootProblem(root, anchors) : { want: 'a root', got: 'none' }) ??
    chain
  );
}
