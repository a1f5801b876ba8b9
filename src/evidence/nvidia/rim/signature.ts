import { sha384 } from '#crypto';
import { equalBytes } from '../../../core/bytes/equal.ts';
import { fromBase64 } from '../../../core/encoding/base64.ts';
import { canonicalDocument, canonicalElement } from '../../../core/encoding/c14n.ts';
import type { XmlElement } from '../../../core/encoding/xml.ts';
import { malformed } from '../../../core/fault.ts';
import type { Mismatch } from '../../../core/mismatch.ts';
import { isSignature, type PublicKeyInfo } from '../../../core/x509/signed.ts';
import { attributeOf, childrenOf, textOf } from './element.ts';

/** An XML signature in the one form in which NVIDIA signs manifests. */
export interface RimSignature {
  /** SHA-384 that the canonical document must have. */
  readonly digest: Uint8Array;
  /** The canonical document: all but the signature. What it says is read from these bytes. */
  readonly document: Uint8Array;
  /** The canonical SignedInfo, which is what the key signed. */
  readonly signedInfo: Uint8Array;
  /** r ‖ s, big-endian. */
  readonly value: Uint8Array;
  /** DER, in the order given. */
  readonly certificates: readonly Uint8Array[];
}

const XMLDSIG = 'http://www.w3.org/2000/09/xmldsig#';
const ENVELOPED = 'http://www.w3.org/2000/09/xmldsig#enveloped-signature';
const C14N11 = 'http://www.w3.org/2006/12/xml-c14n11';
const ECDSA_SHA384 = 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384';
const SHA384 = 'http://www.w3.org/2001/04/xmldsig-more#sha384';

const DIGEST_SIZE = 48;
const SIGNATURE_SIZE = 96;
const PATH = 'rim.Signature';

/**
 * XML Signature 1.1, one profile of it: enveloped, over the whole document, Canonical XML 1.1,
 * ECDSA P-384 with SHA-384, certificates. Each freedom that the standard leaves (references by
 * id, further transforms, other digests, keys beside the certificates) has been a hole in some
 * verifier, and NVIDIA uses none.
 *
 * @throws Fault `malformed` naming the element that is otherwise, `rim.Signature…`.
 */
export function parseRimSignature(root: XmlElement): RimSignature {
  const signature = onlySignature(root);
  const [signedInfo, value, keyInfo] = exactly(signature, PATH, [
    'SignedInfo',
    'SignatureValue',
    'KeyInfo',
  ]);
  return {
    digest: parseSignedInfo(signedInfo),
    document: canonicalDocument(root, signature),
    signedInfo: canonicalElement(signedInfo, [root, signature]),
    value: base64(value, `${PATH}.SignatureValue`, SIGNATURE_SIZE),
    certificates: parseKeyInfo(keyInfo),
  };
}

/** A child of the root, and none anywhere else: another could be shown to another reader. */
function onlySignature(root: XmlElement): XmlElement {
  const [only, ...more] = signaturesIn(root);
  if (only === undefined) throw malformed(PATH, 'there is none');
  if (more.length > 0) throw malformed(PATH, `want one, got ${more.length + 1}`);
  if (!root.children.includes(only)) throw malformed(PATH, 'not a child of the root');
  return only;
}

function signaturesIn(element: XmlElement): readonly XmlElement[] {
  return element.children.flatMap((child) => {
    if (typeof child === 'string') return [];
    const own = child.localName === 'Signature' && child.namespace === XMLDSIG ? [child] : [];
    return [...own, ...signaturesIn(child)];
  });
}

/** @returns the DigestValue. */
function parseSignedInfo(signedInfo: XmlElement): Uint8Array {
  const path = `${PATH}.SignedInfo`;
  const [canonicalization, method, reference] = exactly(signedInfo, path, [
    'CanonicalizationMethod',
    'SignatureMethod',
    'Reference',
  ]);
  expectAlgorithm(canonicalization, C14N11, `${path}.CanonicalizationMethod`);
  expectAlgorithm(method, ECDSA_SHA384, `${path}.SignatureMethod`);
  return parseReference(reference, `${path}.Reference`);
}

function parseReference(reference: XmlElement, path: string): Uint8Array {
  const uri = attributeOf(reference, 'URI');
  if (uri !== '' || reference.attributes.length !== 1) {
    throw malformed(path, 'want URI="" and nothing else: the whole document');
  }
  const [transforms, method, value] = exactly(
    reference,
    path,
    ['Transforms', 'DigestMethod', 'DigestValue'],
    1,
  );
  const [enveloped, canonical] = exactly(transforms, `${path}.Transforms`, [
    'Transform',
    'Transform',
  ]);
  expectAlgorithm(enveloped, ENVELOPED, `${path}.Transforms[0]`);
  expectAlgorithm(canonical, C14N11, `${path}.Transforms[1]`);
  expectAlgorithm(method, SHA384, `${path}.DigestMethod`);
  return base64(value, `${path}.DigestValue`, DIGEST_SIZE);
}

function parseKeyInfo(keyInfo: XmlElement): readonly Uint8Array[] {
  const path = `${PATH}.KeyInfo`;
  const [data] = exactly(keyInfo, path, ['X509Data']);
  const at = `${path}.X509Data`;
  if (data.attributes.length > 0) throw malformed(at, 'an attribute that is not allowed');
  const certificates = childrenOf(data, at);
  if (certificates.length === 0) throw malformed(at, 'no certificate');
  return certificates.map((certificate, i) => {
    if (certificate.namespace !== XMLDSIG || certificate.localName !== 'X509Certificate') {
      throw malformed(at, `want X509Certificate, got ${certificate.localName}`);
    }
    return base64(certificate, `${at}[${i}]`);
  });
}

/** The children are these and no others, in this order. */
function exactly<const Names extends readonly string[]>(
  element: XmlElement,
  path: string,
  names: Names,
  attributes = 0,
): { readonly [I in keyof Names]: XmlElement } {
  if (element.attributes.length !== attributes) {
    throw malformed(path, 'an attribute that is not allowed');
  }
  const children = childrenOf(element, path);
  const got = children.map(({ localName, namespace }) =>
    namespace === XMLDSIG ? localName : `${localName} of another namespace`,
  );
  if (got.join() !== names.join()) {
    throw malformed(path, `want ${names.join(', ')}; got ${got.join(', ') || 'nothing'}`);
  }
  return children as unknown as { readonly [I in keyof Names]: XmlElement };
}

function expectAlgorithm(element: XmlElement, want: string, path: string): void {
  const got = attributeOf(element, 'Algorithm');
  if (got !== want) throw malformed(path, `want ${want}, got ${got ?? 'none'}`);
  if (element.attributes.length > 1) throw malformed(path, 'an attribute that is not allowed');
  if (childrenOf(element, path).length > 0) throw malformed(path, 'parameters');
}

function base64(element: XmlElement, path: string, length?: number): Uint8Array {
  const bytes = fromBase64(textOf(element, path).replace(/[ \t\n\r]/g, ''), path);
  if (length === undefined || bytes.length === length) return bytes;
  throw malformed(path, `want ${length} bytes, got ${bytes.length}`);
}

/** Whether the document is the one that was signed, and by this key. */
export function rimSignatureProblem(
  { digest, document, signedInfo, value }: RimSignature,
  key: PublicKeyInfo,
): Mismatch | undefined {
  if (!equalBytes(sha384(document), digest)) {
    return { want: 'a document with the digest that was signed', got: 'one that was changed' };
  }
  return key.kind === 'P-384' && isSignature(value, signedInfo, key)
    ? undefined
    : { want: 'a signature by the key of the first certificate', got: 'an invalid one' };
}
