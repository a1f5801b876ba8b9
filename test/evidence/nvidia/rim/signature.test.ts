import { describe, expect, it } from 'vitest';
import { readRim } from '../../../../src/evidence/nvidia/rim/read-rim.ts';
import { P384_ORDER } from '../../../../src/simulator/p384-keys.ts';
import { party } from '../../../support/pki.ts';
import {
  ALGORITHM,
  ANCHORS,
  algorithm,
  behind,
  CHAIN,
  DS,
  digit,
  exchange,
  HASHES,
  inFrontOf,
  META,
  PARTIES,
  type RimWishes,
  resource,
  rim,
  rimText,
  SWID,
} from '../../../support/rim.ts';

/** What is wrong with a manifest, question by question; nothing when all is well. */
function wrong(wishes: RimWishes): Record<string, string> {
  const { format, signature, chain, root } = readRim(rim(wishes), ANCHORS);
  const answers = Object.entries({ format, signature, chain, root });
  return Object.fromEntries(
    answers.flatMap(([question, answer]) =>
      answer === 'pass' || answer === undefined
        ? []
        : [[question, `${answer.path}: ${answer.mismatch.got}`]],
    ),
  );
}

const SIGNATURE = /<ds:Signature .*<\/ds:Signature>/s;
const signatureIn = (text: string) => SIGNATURE.exec(text)?.[0] ?? '';
const GOOD = rimText();

/** Another manifest, with whatever somebody wants it to say. */
const EVIL = GOOD.replace(digit('7'), digit('6')).replace(SIGNATURE, '');
const wrapped = (inside: string) => EVIL.replace('<ns0:Payload>', () => `${inside}<ns0:Payload>`);

/** Of r ‖ s, in base64. */
function otherS(text: string): string {
  const value = Buffer.from(text, 'base64');
  const s = BigInt(`0x${value.subarray(48).toString('hex')}`);
  const other = (P384_ORDER - s).toString(16).padStart(96, '0');
  return Buffer.concat([value.subarray(0, 48), Buffer.from(other, 'hex')]).toString('base64');
}

const changeValue = (change: (text: string) => string) => (text: string) =>
  text.replace(/(?<=<ds:SignatureValue>)[^<]*/, change);

describe('a signature in the one profile', () => {
  it.each<[string, RimWishes]>([
    ['as NVIDIA writes it', {}],
    [
      'with white space between its elements',
      { signature: (text) => text.replaceAll('></ds:KeyInfo>', '>\n</ds:KeyInfo>\n') },
    ],
    [
      'with its base64 in lines',
      { signature: changeValue((text) => `\n${text.slice(0, 64)}\r\n\t${text.slice(64)} `) },
    ],
    ['with the other s that goes with r', { signature: changeValue(otherS) }],
    [
      'under another prefix',
      {
        signedInfo: (text) => text.replaceAll('ds:', 'x:'),
        scope: ` xmlns="${SWID}" xmlns:ns0="${SWID}" xmlns:ns2="${HASHES}" xmlns:x="${DS}"`,
        signature: (text) => text.replaceAll('ds:', 'x:').replace('xmlns:ds', 'xmlns:x'),
      },
    ],
    [
      'under none',
      {
        signedInfo: (text) => text.replaceAll('ds:', ''),
        scope: ` xmlns="${DS}" xmlns:ns0="${SWID}" xmlns:ns2="${HASHES}"`,
        signature: (text) => text.replaceAll('ds:', '').replace('xmlns:ds', 'xmlns'),
      },
    ],
    [
      'and with a language, which SignedInfo inherits',
      {
        document: (text) => text.replace(' version="1.0">', ' version="1.0" xml:lang="en">'),
        // The attribute follows the declarations.
        scope: ` xmlns="${SWID}" xmlns:ds="${DS}" xmlns:ns0="${SWID}" xmlns:ns2="${HASHES}" xml:lang="en"`,
      },
    ],
    [
      'beside something of the same name in another namespace',
      { document: inFrontOf('</SoftwareIdentity>', '<Signature></Signature>') },
    ],
  ])('%s', (_, wishes) => {
    expect(wrong(wishes)).toEqual({});
  });
});

const WHOLE = 'want URI="" and nothing else: the whole document';
const EXTRA = 'an attribute that is not allowed';
const PATH = 'rim.Signature';
const INFO = `${PATH}.SignedInfo`;
const REFERENCE = `${INFO}.Reference`;
const KEY_INFO = `${PATH}.KeyInfo`;

/** Each is signed as it stands, so that nothing but the profile can refuse it. */
describe('signed rightly, and refused for its form:', () => {
  it.each<[string, RimWishes, string]>([
    [
      'a reference to a part',
      { signedInfo: exchange('URI=""', 'URI="#x"') },
      `${REFERENCE}: ${WHOLE}`,
    ],
    [
      'a reference by the id of the root',
      {
        document: exchange(' corpus="false"', ' Id="x" corpus="false"'),
        signedInfo: exchange('URI=""', 'URI="#x"'),
      },
      `${REFERENCE}: ${WHOLE}`,
    ],
    [
      'an XPointer to the whole',
      { signedInfo: exchange('URI=""', 'URI="#xpointer(/)"') },
      `${REFERENCE}: ${WHOLE}`,
    ],
    [
      'a reference to a file',
      { signedInfo: exchange('URI=""', 'URI="file:///dev/null"') },
      `${REFERENCE}: ${WHOLE}`,
    ],
    ['a reference to anything', { signedInfo: exchange(' URI=""', '') }, `${REFERENCE}: ${WHOLE}`],
    [
      'a reference with an id',
      { signedInfo: exchange(' URI=""', ' Id="x" URI=""') },
      `${REFERENCE}: ${WHOLE}`,
    ],
    [
      'a reference with a type',
      { signedInfo: exchange(' URI=""', ` Type="${DS}Object" URI=""`) },
      `${REFERENCE}: ${WHOLE}`,
    ],
    [
      'a URI of another namespace',
      { signedInfo: exchange(' URI=""', ' ns0:URI=""') },
      `${REFERENCE}: ${WHOLE}`,
    ],
    [
      'a second reference',
      {
        signedInfo: (text) =>
          text.replace(/<ds:Reference.*<\/ds:Reference>/, (found) => found + found),
      },
      `${INFO}: want CanonicalizationMethod, SignatureMethod, Reference; got CanonicalizationMethod, SignatureMethod, Reference, Reference`,
    ],
    [
      'no reference',
      { signedInfo: exchange(/<ds:Reference.*<\/ds:Reference>/, '') },
      `${INFO}: want CanonicalizationMethod, SignatureMethod, Reference; got CanonicalizationMethod, SignatureMethod`,
    ],
    [
      'a transform more',
      { signedInfo: inFrontOf('</ds:Transforms>', algorithm('Transform', ALGORITHM.base64)) },
      `${REFERENCE}.Transforms: want Transform, Transform; got Transform, Transform, Transform`,
    ],
    [
      'a transform in front',
      { signedInfo: behind('<ds:Transforms>', algorithm('Transform', ALGORITHM.c14n11)) },
      `${REFERENCE}.Transforms: want Transform, Transform; got Transform, Transform, Transform`,
    ],
    [
      'a transform less',
      { signedInfo: exchange(algorithm('Transform', ALGORITHM.c14n11), '') },
      `${REFERENCE}.Transforms: want Transform, Transform; got Transform`,
    ],
    [
      'no transforms',
      { signedInfo: exchange(/<ds:Transforms>.*<\/ds:Transforms>/, '') },
      `${REFERENCE}: want Transforms, DigestMethod, DigestValue; got DigestMethod, DigestValue`,
    ],
    [
      'the transforms in the other order',
      {
        signedInfo: exchange(
          /<ds:Transforms>.*<\/ds:Transforms>/,
          `<ds:Transforms>${algorithm('Transform', ALGORITHM.c14n11)}${algorithm('Transform', ALGORITHM.enveloped)}</ds:Transforms>`,
        ),
      },
      `${REFERENCE}.Transforms[0]: want ${ALGORITHM.enveloped}, got ${ALGORITHM.c14n11}`,
    ],
    [
      'exclusive canonicalisation of the document',
      {
        signedInfo: exchange(
          algorithm('Transform', ALGORITHM.c14n11),
          algorithm('Transform', ALGORITHM.exclusive),
        ),
      },
      `${REFERENCE}.Transforms[1]: want ${ALGORITHM.c14n11}, got ${ALGORITHM.exclusive}`,
    ],
    [
      'canonicalisation with comments',
      {
        signedInfo: exchange(
          algorithm('Transform', ALGORITHM.c14n11),
          algorithm('Transform', ALGORITHM.c14n11WithComments),
        ),
      },
      `${REFERENCE}.Transforms[1]: want ${ALGORITHM.c14n11}, got ${ALGORITHM.c14n11WithComments}`,
    ],
    [
      'parameters of a transform',
      {
        signedInfo: exchange(
          algorithm('Transform', ALGORITHM.c14n11),
          `<ds:Transform Algorithm="${ALGORITHM.c14n11}"><ds:XPath>/</ds:XPath></ds:Transform>`,
        ),
      },
      `${REFERENCE}.Transforms[1]: parameters`,
    ],
    [
      'exclusive canonicalisation of SignedInfo',
      {
        signedInfo: exchange(
          algorithm('CanonicalizationMethod', ALGORITHM.c14n11),
          algorithm('CanonicalizationMethod', ALGORITHM.exclusive),
        ),
      },
      `${INFO}.CanonicalizationMethod: want ${ALGORITHM.c14n11}, got ${ALGORITHM.exclusive}`,
    ],
    [
      'Canonical XML 1.0',
      {
        signedInfo: exchange(
          algorithm('CanonicalizationMethod', ALGORITHM.c14n11),
          algorithm('CanonicalizationMethod', ALGORITHM.c14n10),
        ),
      },
      `${INFO}.CanonicalizationMethod: want ${ALGORITHM.c14n11}, got ${ALGORITHM.c14n10}`,
    ],
    [
      'ECDSA with SHA-256',
      { signedInfo: exchange(ALGORITHM.ecdsaSha384, ALGORITHM.ecdsaSha256) },
      `${INFO}.SignatureMethod: want ${ALGORITHM.ecdsaSha384}, got ${ALGORITHM.ecdsaSha256}`,
    ],
    [
      'a MAC, whose key anybody would know',
      { signedInfo: exchange(ALGORITHM.ecdsaSha384, ALGORITHM.hmacSha384) },
      `${INFO}.SignatureMethod: want ${ALGORITHM.ecdsaSha384}, got ${ALGORITHM.hmacSha384}`,
    ],
    [
      'a length of the signature',
      {
        signedInfo: exchange(
          'ecdsa-sha384"></ds:SignatureMethod>',
          'ecdsa-sha384"><ds:HMACOutputLength>8</ds:HMACOutputLength></ds:SignatureMethod>',
        ),
      },
      `${INFO}.SignatureMethod: parameters`,
    ],
    [
      'no algorithm',
      { signedInfo: exchange(` Algorithm="${ALGORITHM.ecdsaSha384}"`, '') },
      `${INFO}.SignatureMethod: want ${ALGORITHM.ecdsaSha384}, got none`,
    ],
    [
      'an algorithm and something else',
      {
        signedInfo: exchange('<ds:SignatureMethod Algorithm', '<ds:SignatureMethod A="" Algorithm'),
      },
      `${INFO}.SignatureMethod: ${EXTRA}`,
    ],
    [
      'a digest by SHA-256',
      {
        digest: 'sha256',
        signedInfo: exchange(
          algorithm('DigestMethod', ALGORITHM.sha384),
          algorithm('DigestMethod', ALGORITHM.sha256),
        ),
      },
      `${REFERENCE}.DigestMethod: want ${ALGORITHM.sha384}, got ${ALGORITHM.sha256}`,
    ],
    [
      'a digest by SHA-256 that says SHA-384',
      { digest: 'sha256' },
      `${REFERENCE}.DigestValue: want 48 bytes, got 32`,
    ],
    [
      'SHA-384 by its name in another standard',
      {
        signedInfo: exchange(
          algorithm('DigestMethod', ALGORITHM.sha384),
          algorithm('DigestMethod', ALGORITHM.sha384OfXmlenc),
        ),
      },
      `${REFERENCE}.DigestMethod: want ${ALGORITHM.sha384}, got ${ALGORITHM.sha384OfXmlenc}`,
    ],
    [
      'an id of SignedInfo',
      { signedInfo: exchange('<ds:SignedInfo', '<ds:SignedInfo Id="x"'), scope: '' },
      `${INFO}: ${EXTRA}`,
    ],
    [
      'text in SignedInfo',
      { signedInfo: behind('<ds:SignedInfo>', 'x') },
      `${INFO}: text between elements`,
    ],
    [
      'the prefix of XML signatures for something else inside',
      { signedInfo: exchange('<ds:SignedInfo>', '<ds:SignedInfo xmlns:ds="urn:x">') },
      `${PATH}: want SignedInfo, SignatureValue, KeyInfo; got SignedInfo of another namespace, SignatureValue, KeyInfo`,
    ],
    [
      'an element of another namespace in SignedInfo',
      { signedInfo: inFrontOf('</ds:SignedInfo>', '<ns0:x></ns0:x>') },
      `${INFO}: want CanonicalizationMethod, SignatureMethod, Reference; got CanonicalizationMethod, SignatureMethod, Reference, x of another namespace`,
    ],
    [
      'a base of URIs that SignedInfo would inherit',
      { document: exchange(' version="1.0">', ' version="1.0" xml:base="urn:x">') },
      'xml: xml:base above an element',
    ],
  ])('%s', (_, wishes, reason) => {
    expect(wrong(wishes)).toEqual({ format: reason });
  });
});

/** Around what is signed: nobody signs KeyInfo, and so anybody can add to it. */
describe('refused for what is around the signature:', () => {
  const children = `${PATH}: want SignedInfo, SignatureValue, KeyInfo; got`;
  it.each<[string, RimWishes, string]>([
    [
      'an id',
      { signature: exchange('<ds:Signature ', '<ds:Signature Id="x" ') },
      `${PATH}: ${EXTRA}`,
    ],
    [
      'an id of the value',
      { signature: exchange('<ds:SignatureValue>', '<ds:SignatureValue Id="x">') },
      `${PATH}.SignatureValue: ${EXTRA}`,
    ],
    [
      'an id of the keys',
      { signature: exchange('<ds:KeyInfo>', '<ds:KeyInfo Id="x">') },
      `${KEY_INFO}: ${EXTRA}`,
    ],
    [
      'an id of the certificates',
      { signature: exchange('<ds:X509Data>', '<ds:X509Data Id="x">') },
      `${KEY_INFO}.X509Data: ${EXTRA}`,
    ],
    [
      'an object',
      { signature: inFrontOf('</ds:Signature>', '<ds:Object></ds:Object>') },
      `${children} SignedInfo, SignatureValue, KeyInfo, Object`,
    ],
    [
      'no value',
      { signature: exchange(/<ds:SignatureValue>.*<\/ds:SignatureValue>/, '') },
      `${children} SignedInfo, KeyInfo`,
    ],
    [
      'no keys',
      { signature: exchange(/<ds:KeyInfo>.*<\/ds:KeyInfo>/s, '') },
      `${children} SignedInfo, SignatureValue`,
    ],
    [
      'another order',
      {
        signature: (text) =>
          text.replace(/(<ds:SignatureValue>.*<\/ds:SignatureValue>)(.*<\/ds:KeyInfo>)/s, '$2$1'),
      },
      `${children} SignedInfo, KeyInfo, SignatureValue`,
    ],
    [
      'nothing in it',
      { signature: () => `<ds:Signature xmlns:ds="${DS}"/>` },
      `${children} nothing`,
    ],
    [
      'a bare key',
      { signature: behind('<ds:KeyInfo>', '<ds:KeyValue></ds:KeyValue>') },
      `${KEY_INFO}: want X509Data; got KeyValue, X509Data`,
    ],
    [
      'the name of a key',
      { signature: inFrontOf('</ds:KeyInfo>', '<ds:KeyName>x</ds:KeyName>') },
      `${KEY_INFO}: want X509Data; got X509Data, KeyName`,
    ],
    [
      'where to fetch a key',
      { signature: behind('<ds:KeyInfo>', '<ds:RetrievalMethod URI="https://example.test/"/>') },
      `${KEY_INFO}: want X509Data; got RetrievalMethod, X509Data`,
    ],
    [
      'two lots of certificates',
      { signature: behind('<ds:KeyInfo>', '<ds:X509Data></ds:X509Data>') },
      `${KEY_INFO}: want X509Data; got X509Data, X509Data`,
    ],
    [
      'the name of a certificate',
      { signature: behind('<ds:X509Data>', '<ds:X509SubjectName>CN=x</ds:X509SubjectName>') },
      `${KEY_INFO}.X509Data: want X509Certificate, got X509SubjectName`,
    ],
    [
      'a revocation list',
      { signature: inFrontOf('</ds:X509Data>', '<ds:X509CRL></ds:X509CRL>') },
      `${KEY_INFO}.X509Data: want X509Certificate, got X509CRL`,
    ],
    [
      'a certificate of another namespace',
      { signature: behind('<ds:X509Data>', '<ns0:X509Certificate></ns0:X509Certificate>') },
      `${KEY_INFO}.X509Data: want X509Certificate, got X509Certificate`,
    ],
    ['no certificate', { chain: [] }, `${KEY_INFO}.X509Data: no certificate`],
    [
      'an element in a certificate',
      { signature: behind('<ds:X509Certificate>', '<x></x>') },
      `${KEY_INFO}.X509Data[0]: an element where text should be`,
    ],
    [
      'a certificate that is no base64',
      { signature: behind('<ds:X509Certificate>', '!') },
      `${KEY_INFO}.X509Data[0]: not base64`,
    ],
    [
      'a certificate that is none',
      { chain: CHAIN.with(1, new Uint8Array(9)) },
      `${KEY_INFO}.X509Data[1]`,
    ],
    [
      'more certificates than anybody needs',
      { chain: [...CHAIN, ...CHAIN, ...CHAIN] },
      `${KEY_INFO}.X509Data: 12 certificates`,
    ],
    ['a signature in DER', { encoding: 'der' }, `${PATH}.SignatureValue: want 96 bytes, got `],
    [
      'a signature of 95 bytes',
      {
        signature: changeValue((text) =>
          Buffer.from(text, 'base64').subarray(1).toString('base64'),
        ),
      },
      `${PATH}.SignatureValue: want 96 bytes, got 95`,
    ],
    [
      'a signature and a byte',
      {
        signature: changeValue((text) =>
          Buffer.from(`${text}AAAA`, 'base64').subarray(0, 97).toString('base64'),
        ),
      },
      `${PATH}.SignatureValue: want 96 bytes, got 97`,
    ],
    [
      'a signature in the other alphabet',
      { signature: changeValue((text) => `-${text.slice(1)}`) },
      `${PATH}.SignatureValue: not base64`,
    ],
    [
      'an empty signature',
      { signature: changeValue(() => '') },
      `${PATH}.SignatureValue: want 96 bytes, got 0`,
    ],
  ])('%s', (_, wishes, reason) => {
    const { format = '', ...others } = wrong(wishes);
    expect(format.slice(0, reason.length)).toBe(reason);
    expect(others).toEqual({});
  });
});

describe('refused for where the signature is:', () => {
  const deep = `${PATH}: not a child of the root`;
  const two = `${PATH}: want one, got 2`;
  it.each<[string, RimWishes, string]>([
    ['nowhere', { signature: () => '' }, `${PATH}: there is none`],
    [
      'in a child, which is signed as it would be without',
      {
        document: inFrontOf('</SoftwareIdentity>', '<ns0:Link></ns0:Link>'),
        signature: () => '',
        file: (text) =>
          text.replace(
            '</ns0:Link>',
            () =>
              `${signatureIn(rimText({ document: inFrontOf('</SoftwareIdentity>', '<ns0:Link></ns0:Link>') }))}</ns0:Link>`,
          ),
      },
      deep,
    ],
    ['twice, one behind the other', { signature: (text) => text + text }, two],
    [
      'in front and behind',
      { file: (text) => text.replace(META, () => signatureIn(text) + META) },
      two,
    ],
    [
      'a second one in another child',
      {
        file: (text) => text.replace('</ns0:Meta>', () => `${signatureIn(text)}</ns0:Meta>`),
      },
      two,
    ],
    [
      'a second one in the first',
      { signature: (text) => text.replace('</ds:KeyInfo>', () => `${text}</ds:KeyInfo>`) },
      two,
    ],
    [
      'a second, empty one under another prefix',
      { signature: (text) => `${text}<y:Signature xmlns:y="${DS}"/>` },
      two,
    ],
    [
      'a signed manifest wrapped in another one',
      { file: () => wrapped(`<Wrapper>${GOOD}</Wrapper>`) },
      deep,
    ],
    [
      'wrapped, with its signature moved out and copied',
      { file: () => wrapped(GOOD).replace(/(?=<\/SoftwareIdentity>$)/, () => signatureIn(GOOD)) },
      two,
    ],
  ])('%s', (_, wishes, reason) => {
    expect(wrong(wishes)).toEqual({ format: reason });
  });
});

const CHANGED = { signature: `${PATH}: one that was changed` };
const NOT_BY_KEY = { signature: `${PATH}: an invalid one` };

describe('in the right form, and not what was signed:', async () => {
  const other = await party('HCC RIM L4 Signer', 'P-384');
  it.each<[string, RimWishes, Record<string, string>]>([
    ['one attribute', { file: exchange('active="True"', 'active="False"') }, CHANGED],
    ['one digit of a value', { file: exchange('Hash0="7', 'Hash0="8') }, CHANGED],
    ['the case of a digit', { file: exchange('Hash1="b', 'Hash1="B') }, CHANGED],
    ['one blank between elements', { file: exchange('\n  <', '\n   <') }, CHANGED],
    [
      'a row more',
      { file: inFrontOf('</ns0:Payload>', resource(22, 'True', digit('0'))) },
      CHANGED,
    ],
    ['a row less', { file: exchange(resource(0, 'False', digit('0')), '') }, CHANGED],
    ['the version', { file: exchange('550.90.07', '550.90.08') }, CHANGED],
    ['an attribute more on the root', { file: exchange(' corpus=', ' Id="x" corpus=') }, CHANGED],
    [
      'an unused declaration',
      { file: exchange('<ns0:Payload', '<ns0:Payload xmlns:x="urn:x"') },
      CHANGED,
    ],
    [
      'another prefix',
      { file: (text) => text.replaceAll('ns2:Hash', 'x:Hash').replace('xmlns:ns2', 'xmlns:x') },
      CHANGED,
    ],
    ['a child behind the signature', { signature: (text) => `${text}<ns0:Link/>` }, CHANGED],
    [
      'all of it: a signature taken from another manifest',
      { file: () => EVIL.replace(/(?=<\/SoftwareIdentity>$)/, () => signatureIn(GOOD)) },
      CHANGED,
    ],
    [
      'wrapped, with its signature moved out',
      {
        file: () =>
          wrapped(GOOD.replace(SIGNATURE, '')).replace(/(?=<\/SoftwareIdentity>$)/, () =>
            signatureIn(GOOD),
          ),
      },
      CHANGED,
    ],
    [
      'the digest and the document with it',
      {
        file: () =>
          EVIL.replace(/(?=<\/SoftwareIdentity>$)/, () =>
            signatureIn(GOOD).replace(
              /(?<=<ds:DigestValue>)[^<]*/,
              /(?<=<ds:DigestValue>)[^<]*/.exec(
                rimText({ document: exchange(digit('7'), digit('6')) }),
              )?.[0] ?? '',
            ),
          ),
      },
      NOT_BY_KEY,
    ],
    [
      'a declaration that SignedInfo inherits',
      { signature: exchange('<ds:Signature ', '<ds:Signature xmlns:x="urn:x" ') },
      NOT_BY_KEY,
    ],
    ['SignedInfo without what it inherits', { scope: '' }, NOT_BY_KEY],
    ['signed by somebody else', { signer: other }, NOT_BY_KEY],
    ['signed by the CA above', { signer: PARTIES.l3 }, NOT_BY_KEY],
    ['a signature of zeros', { signature: changeValue(() => 'A'.repeat(128)) }, NOT_BY_KEY],
    [
      'r and s exchanged',
      { signature: changeValue((text) => text.slice(64) + text.slice(0, 64)) },
      NOT_BY_KEY,
    ],
    [
      'r and r again',
      { signature: changeValue((text) => text.slice(0, 64).repeat(2)) },
      NOT_BY_KEY,
    ],
  ])('%s', (_, wishes, want) => {
    expect(wrong(wishes)).toEqual(want);
  });
});
