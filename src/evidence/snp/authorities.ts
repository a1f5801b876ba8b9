import { equalBytes } from '../../core/bytes/equal.ts';
import { malformed } from '../../core/fault.ts';
import type { Mismatch } from '../../core/mismatch.ts';
import { AMD_ROOTS } from '../../core/x509/amd-roots.ts';
import type { TrustAnchor } from '../../core/x509/anchors.ts';
import type { Certificate } from '../../core/x509/certificate.ts';
import { MOST_CERTIFICATES, readCertificates } from '../../core/x509/certificate-files.ts';
import { anchorOf, linkProblem, roleProblem, rootProblem } from '../../core/x509/chain.ts';
import type { DistinguishedName } from '../../core/x509/name.ts';
import { publishedIntermediates } from './published-intermediates.ts';
import { ARK, INTERMEDIATE } from './roles.ts';

/** An intermediate and the root above it, with what is wrong about either. */
export interface Authority {
  readonly intermediate: Certificate;
  /** Undefined when neither the caller nor the anchors have a root of the issuer's name. */
  readonly root: Certificate | undefined;
  readonly anchor: TrustAnchor | undefined;
  /** The intermediate is not fit to be one. */
  readonly unfit: Mismatch | undefined;
  /** The root did not sign it. */
  readonly unlinked: Mismatch | undefined;
  readonly untrusted: Mismatch | undefined;
}

/**
 * The CA certificates that came with the evidence, in whatever order.
 *
 * @param blobs each DER or PEM.
 * @throws Fault `malformed` at `chain[<i>]`.
 */
export function readAuthorities(
  blobs: readonly Uint8Array[],
  anchors: readonly TrustAnchor[],
): readonly Authority[] {
  // Those that all the world has, and has parsed.
  const known = [...anchors.map(({ certificate }) => certificate), ...publishedIntermediates()];
  const certificates = blobs.flatMap((blob, i) => readCertificates(blob, `chain[${i}]`, known));
  if (certificates.length > MOST_CERTIFICATES) {
    throw malformed('chain', `${certificates.length} certificates`);
  }
  const roots = certificates.filter(isSelfIssued);
  const rogue = rogueProblem(roots, anchors);
  return certificates
    .filter((certificate) => !isSelfIssued(certificate))
    .map((intermediate) => readAuthority(intermediate, roots, anchors, rogue));
}

/** A root that was brought along and is none of ours is not passed over: somebody meant it. */
function rogueProblem(
  roots: readonly Certificate[],
  anchors: readonly TrustAnchor[],
): Mismatch | undefined {
  for (const root of roots) {
    const problem = rootProblem(root, anchors);
    if (problem) return problem;
  }
  return undefined;
}

function readAuthority(
  intermediate: Certificate,
  roots: readonly Certificate[],
  anchors: readonly TrustAnchor[],
  rogue: Mismatch | undefined,
): Authority {
  const named = [...roots, ...anchors.map(({ certificate }) => certificate)].filter((root) =>
    equalBytes(root.subject.der, intermediate.issuer.der),
  );
  const { root, unlinked } = rootOf(intermediate, named, anchors);
  return {
    intermediate,
    root,
    anchor: root && anchorOf(root, anchors),
    unfit: intermediateProblem(intermediate),
    unlinked,
    untrusted: rogue ?? trustProblem(intermediate, root, anchors),
  };
}

/**
 * Of several roots of the issuer's name, one whose key is ours; of several keys of ours (a
 * vendor may renew one under its old name), the one that signed.
 */
function rootOf(
  intermediate: Certificate,
  named: readonly Certificate[],
  anchors: readonly TrustAnchor[],
): Pick<Authority, 'root' | 'unlinked'> {
  // One for each key: that a stranger brings more of them makes no more work.
  const ours = anchors.flatMap(
    (anchor) => named.find((candidate) => anchorOf(candidate, [anchor])) ?? [],
  );
  const links = (ours.length > 0 ? ours : named.slice(0, 1))
    .values()
    .map((root) => ({ root, unlinked: linkProblem(intermediate, root, 1) }));
  let first: Pick<Authority, 'root' | 'unlinked'> | undefined;
  for (const link of links) {
    if (link.unlinked === undefined) return link;
    first ??= link;
  }
  return first ?? { root: undefined, unlinked: undefined };
}

function trustProblem(
  intermediate: Certificate,
  root: Certificate | undefined,
  anchors: readonly TrustAnchor[],
): Mismatch | undefined {
  if (root === undefined) {
    const names = anchors.map(({ name }) => name).join(', ');
    const got = intermediate.issuer.text || '(no name)';
    return { want: `issued by a trust anchor (${names || 'none'})`, got };
  }
  return rootProblem(root, anchors) ?? namedRole(root, ARK) ?? roleProblem(root, ARK);
}

function intermediateProblem(certificate: Certificate): Mismatch | undefined {
  return namedRole(certificate, INTERMEDIATE) ?? roleProblem(certificate, INTERMEDIATE);
}

function namedRole({ subject }: Certificate, role: typeof ARK): Mismatch | undefined {
  return role.commonNames.includes(subject.commonName)
    ? undefined
    : { want: `${role.name}: ${role.commonNames.join(', ')}`, got: subject.text || '(no name)' };
}

function isSelfIssued({ subject, issuer }: Certificate): boolean {
  return equalBytes(subject.der, issuer.der);
}

/** AMD's own intermediate of this name, as far as its root is among the anchors. */
export function publishedIntermediate(
  name: DistinguishedName,
  anchors: readonly TrustAnchor[],
): Certificate | undefined {
  return publishedIntermediates().find(
    ({ subject, issuer }) =>
      equalBytes(subject.der, name.der) &&
      AMD_ROOTS.some(
        ({ certificate: root }) =>
          equalBytes(root.subject.der, issuer.der) && anchorOf(root, anchors) !== undefined,
      ),
  );
}
