import { isMismatch, type Mismatch } from '../../core/mismatch.ts';
import type { TrustAnchor } from '../../core/x509/anchors.ts';
import type { Certificate } from '../../core/x509/certificate.ts';
import { anchorOf, rootProblem } from '../../core/x509/chain.ts';
import { CheckList } from '../check-list.ts';
import { endOf, UNBOUNDED } from '../until.ts';
import type { Check } from '../verdict.ts';
import { TDX_CHECKS } from './checks.ts';
import { chainProblem, parseChain, seatChain } from './issuer-chain.ts';
import { type PckExtension, parsePckExtension, SGX_EXTENSION } from './pck-extension.ts';
import type { CertificationData } from './quote.ts';
import { PCK_CA, PCK_CERTIFICATE, ROOT_CA } from './roles.ts';

/** The certificates of a quote, in their seats. */
export interface PckCertificates {
  readonly leaf: Certificate;
  readonly ca: Certificate;
  readonly root: Certificate;
}

/** What a quote's PCK chain says, whatever the time. */
export interface PckChain {
  readonly checks: readonly Check[];
  readonly certificates: PckCertificates | undefined;
  readonly extension: PckExtension | undefined;
  /** The anchor that the root is, if it is one. */
  readonly anchor: TrustAnchor | undefined;
  /** When the first certificate ends, in milliseconds; infinite under no anchor. */
  readonly until: number;
}

export function readPckChain(
  certification: CertificationData,
  anchors: readonly TrustAnchor[],
): PckChain {
  const checks = new CheckList(TDX_CHECKS);
  const nothing = {
    certificates: undefined,
    extension: undefined,
    anchor: undefined,
    until: UNBOUNDED,
  };
  if (certification.type !== 5) {
    checks.unresolved(
      'tdx.quote.certification_data',
      `type ${certification.type} names the PCK certificate without carrying it: fetch it from Intel and ask the attester for a quote with the chain (type 5)`,
    );
    return { checks: checks.all, ...nothing };
  }
  checks.pass('tdx.quote.certification_data');
  const certificates = checks.read(
    'tdx.pck.certificates',
    () => readCertificates(certification, anchors),
    {
      because:
        'names are compared whole, and basic constraints and key usage by role; Intel’s library does not look at their values',
    },
  );
  if (certificates === undefined) return { checks: checks.all, ...nothing };
  const { leaf, ca, root } = certificates;
  checks.answer('tdx.pck.chain', chainProblem([leaf, ca, root]));
  const untrusted = rootProblem(root, anchors);
  checks.answer('tdx.pck.root', untrusted);
  const extension = checks.read('tdx.pck.extension', () => readExtension(leaf));
  return {
    checks: checks.all,
    certificates,
    extension,
    anchor: untrusted === undefined ? anchorOf(root, anchors) : undefined,
    until: untrusted === undefined ? endOf([leaf, ca, root]) : UNBOUNDED,
  };
}

function readCertificates(
  certification: CertificationData,
  anchors: readonly TrustAnchor[],
): PckCertificates | Mismatch {
  const path = 'quote.certification_data';
  // PEM is ASCII; a byte above is no base64 and is refused there.
  const pem = new TextDecoder('latin1').decode(certification.data);
  const seated = seatChain(parseChain(pem, anchors, path), [PCK_CERTIFICATE, PCK_CA, ROOT_CA]);
  if (isMismatch(seated)) return seated;
  const [leaf, ca, root] = seated;
  if (leaf === undefined || ca === undefined || root === undefined) {
    return { want: 'three certificates', got: `${seated.length}` };
  }
  return { leaf, ca, root };
}

function readExtension(leaf: Certificate): PckExtension | Mismatch {
  const extension = leaf.extensions.get(SGX_EXTENSION);
  if (extension === undefined) {
    return { want: `a PCK certificate with extension ${SGX_EXTENSION}`, got: 'none' };
  }
  return parsePckExtension(extension.value, 'quote.pck.sgx_extension');
}
