import { equalBytes } from '../../core/bytes/equal.ts';
import { isMismatch, type Mismatch } from '../../core/mismatch.ts';
import type { TrustAnchor } from '../../core/x509/anchors.ts';
import type { Certificate } from '../../core/x509/certificate.ts';
import { readCertificates } from '../../core/x509/certificate-files.ts';
import { linkProblem } from '../../core/x509/chain.ts';
import { CheckList } from '../check-list.ts';
import { endOf, UNBOUNDED } from '../until.ts';
import type { Check } from '../verdict.ts';
import { type Authority, publishedIntermediate } from './authorities.ts';
import { SNP_CHECKS, type SnpCheckId } from './checks.ts';
import { INTERMEDIATE, type Office, officeOf } from './roles.ts';
import { parseVekExtensions, type VekExtensions } from './vek-extensions.ts';

/** A VCEK or VLEK certificate and what it says, whoever signed it. */
export interface Vek {
  readonly certificate: Certificate;
  /** What its issuer is called to be: the chain shows whether it is. */
  readonly office: Office;
  /** Undefined when one is missing or malformed. */
  readonly extensions: VekExtensions | undefined;
}

/** What a VEK certificate and the CAs above it say, whatever the report and the time. */
export interface VekChain {
  readonly checks: readonly Check[];
  readonly vek: Vek | undefined;
  readonly intermediate: Certificate | undefined;
  readonly root: Certificate | undefined;
  /** The anchor that the root is, if the intermediate is its own. */
  readonly anchor: TrustAnchor | undefined;
  /** When the first certificate ends, in milliseconds; infinite where they lead to no anchor. */
  readonly until: number;
}

/** Leaf first, as far as they are there. */
export function certificatesOf({
  vek,
  intermediate,
  root,
}: Pick<VekChain, 'vek' | 'intermediate' | 'root'>): readonly Certificate[] {
  return [vek?.certificate, intermediate, root].filter((one) => one !== undefined);
}

export type AuthorityReader = (blobs: readonly Uint8Array[]) => readonly Authority[];

/**
 * @param vek DER or PEM; undefined to judge the CAs alone.
 * @param blobs the CA certificates, DER or PEM; none: those that AMD publishes.
 */
export function readVekChain(
  vek: Uint8Array | undefined,
  blobs: readonly Uint8Array[],
  anchors: readonly TrustAnchor[],
  readAuthorities: AuthorityReader,
): VekChain {
  const checks = new CheckList(SNP_CHECKS);
  const leaf = vek && readVek(checks, vek);
  // A certificate of no known issuer belongs under no CA: the rest can't be asked.
  const authority =
    vek && leaf === undefined
      ? undefined
      : seatAuthority(checks, leaf?.certificate, blobs, anchors, readAuthorities);
  if (authority === undefined) {
    const nothing = {
      intermediate: undefined,
      root: undefined,
      anchor: undefined,
      until: UNBOUNDED,
    };
    return { checks: checks.all, vek: leaf, ...nothing };
  }
  const { intermediate, root, anchor, unlinked, untrusted } = authority;
  const issued = leaf && linkProblem(leaf.certificate, intermediate, 0);
  checks.answer('snp.vek.chain', issued ?? unlinked);
  checks.answer('snp.vek.root', untrusted);
  const trusted = unlinked === undefined && untrusted === undefined;
  return {
    checks: checks.all,
    vek: leaf,
    intermediate,
    root,
    anchor: trusted ? anchor : undefined,
    until:
      trusted && issued === undefined
        ? endOf(certificatesOf({ vek: leaf, intermediate, root }))
        : UNBOUNDED,
  };
}

function readVek(checks: CheckList<SnpCheckId>, bytes: Uint8Array): Vek | undefined {
  const vek = checks.read('snp.vek.format', () => readLeaf(bytes));
  if (vek === undefined) return undefined;
  const extensions = checks.read('snp.vek.extensions', () =>
    parseVekExtensions(vek.certificate, vek.office.line, 'vek.extensions'),
  );
  return { ...vek, extensions };
}

function readLeaf(bytes: Uint8Array): Pick<Vek, 'certificate' | 'office'> | Mismatch {
  const [certificate, ...more] = readCertificates(bytes, 'vek');
  if (certificate === undefined || more.length > 0) {
    return { want: 'one VCEK or VLEK certificate', got: `${more.length + (certificate ? 1 : 0)}` };
  }
  const { publicKey, basicConstraints, issuer } = certificate;
  if (publicKey.kind !== 'P-384') {
    return { want: 'a certificate with a P-384 key', got: `a ${publicKey.kind} key` };
  }
  if (basicConstraints?.ca) return { want: 'a certificate that is no CA', got: 'cA TRUE' };
  const office = officeOf(issuer.commonName);
  return office
    ? { certificate, office }
    : {
        want: `a certificate of ${INTERMEDIATE.commonNames.join(', ')}`,
        got: issuer.text || '(no name)',
      };
}

/** The intermediate that is called as the leaf's issuer; without a leaf, the only one. */
function seatAuthority(
  checks: CheckList<SnpCheckId>,
  leaf: Certificate | undefined,
  blobs: readonly Uint8Array[],
  anchors: readonly TrustAnchor[],
  readAuthorities: AuthorityReader,
): Authority | undefined {
  const id = 'snp.vek.intermediate';
  const all = checks.open(id, () => {
    const given = readAuthorities(blobs);
    if (given.length > 0) return given;
    const published = leaf && publishedIntermediate(leaf.issuer, anchors);
    return published ? readAuthorities([published.der, ...blobs]) : given;
  });
  if (all === undefined) return undefined;
  if (all.length === 0) {
    const whose = leaf ? ` of ${leaf.issuer.text}` : '';
    checks.unresolved(id, `no certificate${whose} was given, and none is built in under this root`);
    return undefined;
  }
  const seated = leaf ? issuerOf(leaf, all) : onlyOne(all);
  if (isMismatch(seated)) {
    checks.fail(id, seated);
    return undefined;
  }
  checks.answer(id, seated.unfit ?? strayProblem(leaf, all, seated));
  return seated;
}

/**
 * What came along and is no part of this chain must at least be one of AMD's: a root with a
 * changed name, or a damaged intermediate beside a good one, was meant by somebody.
 */
function strayProblem(
  leaf: Certificate | undefined,
  all: readonly Authority[],
  seated: Authority,
): Mismatch | undefined {
  const stray = all.find(
    (other) =>
      other !== seated &&
      (other.unfit ?? other.unlinked ?? other.untrusted) !== undefined &&
      // A bundle often begins with the leaf itself.
      !(leaf && equalBytes(other.intermediate.der, leaf.der)),
  );
  if (stray === undefined) return undefined;
  const { subject } = stray.intermediate;
  return {
    want: 'CA certificates of the anchors only',
    got: `${subject.text || '(no name)'}, which is none`,
  };
}

/** Of several of one name, the one that signed; a name alone is no issuer. */
function issuerOf(leaf: Certificate, all: readonly Authority[]): Authority | Mismatch {
  const named = all.filter(({ intermediate }) =>
    equalBytes(intermediate.subject.der, leaf.issuer.der),
  );
  const [first] = named;
  if (first === undefined) {
    const got = all.map(({ intermediate }) => intermediate.subject.text || '(no name)').join('; ');
    return { want: `the certificate of ${leaf.issuer.text}`, got };
  }
  if (named.length === 1) return first;
  return named.find(({ intermediate }) => !linkProblem(leaf, intermediate, 0)) ?? first;
}

function onlyOne(all: readonly Authority[]): Authority | Mismatch {
  const [only, ...more] = all;
  return only && more.length === 0
    ? only
    : { want: 'one intermediate certificate', got: `${all.length}` };
}
