import { fromBase64, toBase64 } from '../../../core/encoding/base64.ts';
import { P384_ORDER } from '../../snp/keys.ts';
import { signatureOf } from '../certificates.ts';
import { type RimPlan, XMLDSIG } from '../rim.ts';
import { element, type XmlNode } from '../xml-node.ts';
import type { NvidiaFaults } from './fault.ts';
import { find, NOT_COMPARED, resources, setAttribute, vbios } from './rim-edits.ts';

const signature = { fails: ['nvidia.rim.vbios.signature'], unresolved: NOT_COMPARED } as const;

function changed(describes: string, change: Partial<RimPlan>) {
  return { describes, ...signature, apply: vbios(change) } as const;
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

export const RIM_SIGNATURE_FAULTS = {
  rim_value_changed: changed('one digit of a value is not what was signed', {
    afterWriting: (xml) => xml.replace(/(index="1" active="True".*?Hash0=")(.)/, flipDigit),
  }),
  rim_deactivated: changed('a measurement deactivated after signing', {
    afterWriting: (xml) => xml.replace('active="True"', 'active="False"'),
  }),
  rim_version_changed: changed('the version of the device, written in after signing', {
    version: '96.00.9F.00.01',
    afterWriting: (xml) => xml.replace('96.00.9F.00.01', '96.00.A5.00.01'),
  }),
  rim_blank_added: changed('a blank more between two rows', {
    afterWriting: (xml) => xml.replace('\n        <ns0:Resource', '\n         <ns0:Resource'),
  }),
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
  rim_digest_wrong: said('the digest of something else', (signedInfo) => {
    const digest = find(signedInfo, 'ds:DigestValue');
    digest.children = [toBase64(fromBase64(text(digest), 'simulator.rim').reverse())];
  }),
  rim_digest_short: said('a digest of 47 bytes', (signedInfo) => {
    const digest = find(signedInfo, 'ds:DigestValue');
    digest.children = [toBase64(fromBase64(text(digest), 'simulator.rim').subarray(1))];
  }),
  rim_of_other_key: changed('signed with a key of somebody’s', { signedBy: 'evil signer' }),
  rim_of_l3_key: changed('signed with the key of the CA above the signer', {
    signedBy: 'NVIDIA Reference Value L3 GH100 002',
  }),
  rim_of_other_signer: changed('signed by the signer of another kind of manifest', {
    signedBy: 'GH100 driver signer',
  }),
  rim_signature_zero: changed('a signature of zeros', { signature: () => [0n, 0n] }),
  rim_signature_swapped: changed('r and s in each other’s place', { signature: (r, s) => [s, r] }),
  rim_signature_r_is_n: changed('r is the order of the group', {
    signature: (_, s) => [P384_ORDER, s],
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
  rim_driver_value_changed: {
    describes: 'one digit of a value of the driver manifest is not what was signed',
    fails: ['nvidia.rim.driver.signature'],
    unresolved: NOT_COMPARED,
    apply: ({ rims }) => {
      rims.driver.afterWriting = (xml) =>
        xml.replace(/(index="21" active="True".*?Hash0=")(.)/, flipDigit);
    },
  },
} as const satisfies NvidiaFaults;

function flipDigit(_: string, before: string, digit: string): string {
  return before + (digit === '0' ? '1' : '0');
}
