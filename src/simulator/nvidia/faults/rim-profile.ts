import { fromBase64, toBase64 } from '../../../core/encoding/base64.ts';
import { signatureOf } from '../certificates.ts';
import { type RimPlan, XMLDSIG } from '../rim.ts';
import { element, type XmlNode } from '../xml-node.ts';
import type { NvidiaFaults } from './fault.ts';
import { find, NOT_COMPARED, resources, setAttribute, vbios } from './rim-edits.ts';

const format = { fails: ['nvidia.rim.vbios.format'], unresolved: NOT_COMPARED } as const;

function changed(describes: string, change: Partial<RimPlan>) {
  return { describes, ...format, apply: vbios(change) } as const;
}

/** SignedInfo says it, and is signed as it stands. */
function said(describes: string, editSignedInfo: (signedInfo: XmlNode) => void) {
  return changed(describes, { editSignedInfo });
}

function around(describes: string, editSignature: (signature: XmlNode, root: XmlNode) => void) {
  return changed(describes, { editSignature });
}

const algorithm = (name: string, uri: string) => (signedInfo: XmlNode) =>
  setAttribute(find(signedInfo, name), 'Algorithm', uri);

const text = (node: XmlNode) => node.children.join('');

/** The signature in DER, as other formats have it. */
function inDer(value: string): string {
  const [, bits] = signatureOf(new Uint8Array(), () => fromBase64(value, 'simulator.rim'));
  // Behind the head of a BIT STRING and its count of unused bits.
  return toBase64(bits.slice(3));
}

/**
 * Signed in some other form than the one in which NVIDIA signs. Much of it would verify in a library
 * that knows all of XML-DSig.
 */
export const RIM_PROFILE_FAULTS = {
  rim_signature_missing: around('a manifest that nobody signed', (_, root) => {
    root.children.pop();
  }),
  rim_signature_twice: around('two signatures', (made, root) => {
    root.children.push(structuredClone(made));
  }),
  rim_signature_deeper: around('the signature within the payload', (made, root) => {
    root.children.pop();
    find(root, 'ns0:Payload').children.push(made);
  }),
  rim_wrapped: around(
    'the signed manifest moved into another one, which is read in its stead',
    (made, root) => {
      const signed = structuredClone(root);
      const [, second] = resources(root);
      if (second) setAttribute(second, 'ns2:Hash0', '00'.repeat(48));
      signed.children.pop();
      made.children.push(element('ds:Object', [], signed));
    },
  ),
  rim_signature_with_object: around('something more in the signature', (made) => {
    made.children.push(element('ds:Object', []));
  }),
  rim_signature_with_id: around('an id at the signature', (made) =>
    setAttribute(made, 'Id', 'signature'),
  ),
  rim_reference_elsewhere: said('a reference to something by an id', (signedInfo) =>
    setAttribute(find(signedInfo, 'ds:Reference'), 'URI', '#payload'),
  ),
  rim_reference_without_uri: said('a reference that does not say to what', (signedInfo) => {
    find(signedInfo, 'ds:Reference').attributes = [];
  }),
  rim_two_references: said('two references, the second to nothing', (signedInfo) => {
    signedInfo.children.push(structuredClone(find(signedInfo, 'ds:Reference')));
  }),
  rim_transform_more: said('a transform more, by which anything can be left out', (signedInfo) => {
    find(signedInfo, 'ds:Transforms').children.push(
      element('ds:Transform', [['Algorithm', 'http://www.w3.org/TR/1999/REC-xslt-19991116']]),
    );
  }),
  rim_transform_less: said('no canonicalisation before the digest', (signedInfo) => {
    find(signedInfo, 'ds:Transforms').children.pop();
  }),
  rim_transforms_swapped: said('the transforms in the other order', (signedInfo) => {
    find(signedInfo, 'ds:Transforms').children.reverse();
  }),
  rim_exclusive: said('exclusive canonicalisation', (signedInfo) => {
    const transforms = find(signedInfo, 'ds:Transforms');
    transforms.children[1] = element('ds:Transform', [['Algorithm', XMLDSIG.exclusive]]);
  }),
  rim_c14n_1_0: said('Canonical XML 1.0', algorithm('ds:CanonicalizationMethod', XMLDSIG.c14n10)),
  rim_ecdsa_sha256: said(
    'another signature algorithm',
    algorithm('ds:SignatureMethod', XMLDSIG.ecdsaSha256),
  ),
  rim_digest_sha256: changed('a digest by SHA-256', { digest: 'sha256' }),
  rim_digest_xmlenc: said(
    'the digest under the name that another standard has for it',
    algorithm('ds:DigestMethod', 'http://www.w3.org/2001/04/xmlenc#sha384'),
  ),
  rim_digest_short: said('a digest of 47 bytes', (signedInfo) => {
    const digest = find(signedInfo, 'ds:DigestValue');
    digest.children = [toBase64(fromBase64(text(digest), 'simulator.rim').subarray(1))];
  }),
  rim_signature_der: around('a signature in DER', (made) => {
    const value = find(made, 'ds:SignatureValue');
    value.children = [inDer(text(value))];
  }),
  rim_key_value: around('a bare key beside the certificates', (made) => {
    find(made, 'ds:KeyInfo').children.unshift(element('ds:KeyValue', []));
  }),
  rim_key_name: around('the name of a key beside the certificates', (made) => {
    find(made, 'ds:KeyInfo').children.unshift(element('ds:KeyName', [], 'HCC RIM L4 Signer'));
  }),
} as const satisfies NvidiaFaults;
