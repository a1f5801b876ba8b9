import { createHash, KeyObject, sign } from 'node:crypto';
import { utf8 } from '../../src/core/bytes/text.ts';
import { toBase64 } from '../../src/core/encoding/base64.ts';
import { anchorFromCertificate, type TrustAnchor } from '../../src/core/x509/anchors.ts';
import { EXTENSION } from '../../src/core/x509/extensions.ts';
import { type CertificateWishes, certify, type Party, party } from './pki.ts';

/** Everybody above a manifest's signer, and the signer. */
export interface RimParties {
  readonly root: Party;
  readonly ca: Party;
  readonly l3: Party;
  readonly signer: Party;
}

export async function rimParties(): Promise<RimParties> {
  return {
    root: await party('CoRIM signing Root CA', 'P-384'),
    ca: await party('Reference Value GH100 CA', 'P-384'),
    l3: await party('Reference Value L3 GH100 001', 'P-384'),
    signer: await party('HCC RIM L4 Signer', 'P-384'),
  };
}

export const PARTIES: RimParties = await rimParties();

type Four = readonly [Uint8Array, Uint8Array, Uint8Array, Uint8Array];

/** DER of the four certificates, leaf first, each with what a test changes about it. */
export async function rimChain(
  wishes: Partial<Record<keyof RimParties, CertificateWishes>> = {},
  { root, ca, l3, signer }: RimParties = PARTIES,
): Promise<Four> {
  const kind = { kind: 'ca' } as const;
  const without = [EXTENSION.crlDistributionPoints];
  return [
    await certify(signer, l3, { without, ...wishes.signer }),
    await certify(l3, ca, { ...kind, ...wishes.l3 }),
    await certify(ca, root, { ...kind, ...wishes.ca }),
    await certify(root, root, { ...kind, without, ...wishes.root }),
  ];
}

export const CHAIN: Four = await rimChain();
export const ANCHORS: readonly TrustAnchor[] = [anchorFromCertificate(CHAIN[3], 'root')];

/** Within the validity of all of them. */
export const AT: number = Date.UTC(2026, 0, 1);

export const SWID = 'http://standards.iso.org/iso/19770/-2/2015/schema.xsd';
export const TCG =
  'https://trustedcomputinggroup.org/resource/tcg-reference-integrity-manifest-rim-information-model/';
export const HASHES = 'http://www.w3.org/2001/04/xmlenc#sha384';
export const DS = 'http://www.w3.org/2000/09/xmldsig#';

/** Everything below is written in canonical form, so that what is hashed is the text itself. */
const ROOT =
  `<SoftwareIdentity xmlns="${SWID}" xmlns:ns0="${SWID}" xmlns:ns2="${HASHES}" corpus="false"` +
  ' name="GH100" tagId="63f9" tagVersion="0" version="1.0">';
const SCOPE = ` xmlns="${SWID}" xmlns:ds="${DS}" xmlns:ns0="${SWID}" xmlns:ns2="${HASHES}"`;

export const META =
  `<ns0:Meta xmlns:ns1="${TCG}" colloquialVersion="550.90.07" edition="GPU" product="GH100"` +
  ' revision="r1" ns1:FirmwareManufacturerId="5703"></ns0:Meta>';

/** A value of 48 bytes, all of them the same. */
export function digit(of: string): string {
  return of.repeat(96);
}

/** One row with its values, the attributes in canonical order. */
export function resource(index: number, active: 'True' | 'False', ...values: string[]): string {
  const hashes = values.map((value, i) => ` ns2:Hash${i}="${value}"`).join('');
  const own = `active="${active}" alternatives="${values.length}" index="${index}"`;
  const name = `name="Measurement_${index}" size="48" type="Measurement"`;
  return `<ns0:Resource ${own} ${name}${hashes}></ns0:Resource>`;
}

const PAYLOAD = [
  '<ns0:Payload>',
  resource(0, 'False', digit('0')),
  resource(7, 'True', digit('7')),
  resource(21, 'True', digit('a'), digit('b')),
  '</ns0:Payload>',
].join('\n  ');

const BODY = `\n${META}\n${PAYLOAD}\n`;

const MORE = 'http://www.w3.org/2001/04/xmldsig-more#';
export const ALGORITHM = {
  c14n11: 'http://www.w3.org/2006/12/xml-c14n11',
  c14n10: 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315',
  c14n11WithComments: 'http://www.w3.org/2006/12/xml-c14n11#WithComments',
  exclusive: 'http://www.w3.org/2001/10/xml-exc-c14n#',
  enveloped: `${DS}enveloped-signature`,
  base64: `${DS}base64`,
  ecdsaSha384: `${MORE}ecdsa-sha384`,
  ecdsaSha256: `${MORE}ecdsa-sha256`,
  hmacSha384: `${MORE}hmac-sha384`,
  sha384: `${MORE}sha384`,
  sha256: HASHES.replace('384', '256'),
  sha384OfXmlenc: HASHES,
} as const;

export function algorithm(element: string, uri: string): string {
  return `<ds:${element} Algorithm="${uri}"></ds:${element}>`;
}

type Edit = (text: string) => string;
const asIs: Edit = (text) => text;

/** What a test changes. Up to `signedInfo` it is signed; what is behind it is done to the result. */
export interface RimWishes {
  /** Of the whole document, without its signature. */
  readonly document?: Edit;
  readonly digest?: 'sha384' | 'sha256';
  readonly signedInfo?: Edit;
  /** Declarations that SignedInfo inherits, in canonical order. */
  readonly scope?: string;
  readonly signer?: Party;
  readonly encoding?: 'ieee-p1363' | 'der';
  readonly chain?: readonly Uint8Array[];
  readonly signature?: Edit;
  readonly file?: Edit;
}

/**
 * A manifest as NVIDIA writes it, signed by a key of our own. By node:crypto and text alone:
 * neither our parser nor our canonicalisation is asked.
 */
export function rimText(wishes: RimWishes = {}): string {
  const { document = asIs, digest = 'sha384', signedInfo = asIs, scope = SCOPE } = wishes;
  const { signer = PARTIES.signer, encoding = 'ieee-p1363', chain = CHAIN } = wishes;
  const { signature = asIs, file = asIs } = wishes;
  const whole = document(`${ROOT}${BODY}</SoftwareIdentity>`);
  const info = signedInfo(signedInfoOf(createHash(digest).update(whole).digest('base64')));
  const value = sign('sha384', utf8(info.replace(/(?<=^<[\w:]+)(?![\w:])/, scope)), {
    key: KeyObject.from(signer.keys.privateKey),
    dsaEncoding: encoding,
  });
  const certificates = chain.map((der) => `<ds:X509Certificate>${lines(der)}</ds:X509Certificate>`);
  const made = signature(
    `<ds:Signature xmlns:ds="${DS}">${info}` +
      `<ds:SignatureValue>${value.toString('base64')}</ds:SignatureValue>` +
      `<ds:KeyInfo><ds:X509Data>${certificates.join('')}</ds:X509Data></ds:KeyInfo>` +
      '</ds:Signature>',
  );
  return file(whole.replace(/(?=<\/[\w:]+>$)/, () => made));
}

export function rim(wishes: RimWishes = {}): Uint8Array {
  return utf8(rimText(wishes));
}

function signedInfoOf(digest: string): string {
  return [
    '<ds:SignedInfo>',
    algorithm('CanonicalizationMethod', ALGORITHM.c14n11),
    algorithm('SignatureMethod', ALGORITHM.ecdsaSha384),
    '<ds:Reference URI=""><ds:Transforms>',
    algorithm('Transform', ALGORITHM.enveloped),
    algorithm('Transform', ALGORITHM.c14n11),
    '</ds:Transforms>',
    algorithm('DigestMethod', ALGORITHM.sha384),
    `<ds:DigestValue>${digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>`,
  ].join('');
}

function lines(der: Uint8Array): string {
  return `${(toBase64(der).match(/.{1,64}/g) ?? []).join('\n')}\n`;
}

/** An edit that must find what it changes: one that changes nothing proves nothing. */
export function exchange(found: string | RegExp, by: string): Edit {
  return (text) => {
    const changed = text.replace(found, () => by);
    if (changed === text) throw new Error(`no ${found} to exchange`);
    return changed;
  };
}

/** Text directly in front of, or behind, the first of what is found. */
export function inFrontOf(found: string, added: string): Edit {
  return exchange(found, added + found);
}

export function behind(found: string, added: string): Edit {
  return exchange(found, found + added);
}
