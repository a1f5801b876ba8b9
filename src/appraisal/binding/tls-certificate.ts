import { fromBase64 } from '../../core/encoding/base64.ts';
import { type DerReader, derSequence, TAG } from '../../core/encoding/der.ts';
import type { JsonShape } from '../../core/encoding/json-shape.ts';
import { fromPem } from '../../core/encoding/pem.ts';
import { malformed } from '../../core/fault.ts';

/** What a binding looks at in the certificate of a TLS peer: nobody vouches for the rest of it. */
export interface TlsCertificate {
  /** SubjectPublicKeyInfo in DER, whatever the algorithm. */
  readonly spki: Uint8Array;
  /** Content of each extension by OID, critical or not. */
  readonly extensions: ReadonlyMap<string, Uint8Array>;
}

/** A quote and its event log inside of a certificate take 30 KB. */
const LARGEST_CERTIFICATE = 256 * 1024;

const MOST_EXTENSIONS = 64;

/**
 * The member `name`: one certificate, in PEM or as base64 of its DER.
 *
 * @throws Fault `malformed` at the member.
 */
export function certificateMember(shape: JsonShape, name: string): TlsCertificate {
  const at = `${shape.path}.${name}`;
  const text = shape.string(name);
  if (text.length > 2 * LARGEST_CERTIFICATE) throw malformed(at, `${text.length} characters`);
  if (!text.startsWith('-----BEGIN')) return parseTlsCertificate(fromBase64(text, at), at);
  const [der, ...more] = fromPem(text, 'CERTIFICATE', at);
  // The key of which one? A chain's further certificates are nobody's TLS key.
  if (der === undefined || more.length > 0) throw malformed(at, 'want one certificate');
  return parseTlsCertificate(der, at);
}

/**
 * Certificate (RFC 5280 section 4.1), as far as its frame goes: strict DER, every field in its
 * place and nothing behind. Keys and signatures are of any algorithm, and its signature is not
 * looked at: that the peer holds the key shows in the handshake, and whose it is in the evidence.
 *
 * @throws Fault `malformed` naming the field below `path`.
 */
export function parseTlsCertificate(der: Uint8Array, path: string): TlsCertificate {
  if (der.length > LARGEST_CERTIFICATE) throw malformed(path, `${der.length} bytes`);
  const outer = derSequence(der, path);
  const tbs = outer.sequence('tbsCertificate');
  outer.expect(TAG.sequence, 'signatureAlgorithm');
  outer.bitString('signature');
  outer.end();
  const version = tbs.inside(0xa0, 'version');
  if (version.smallInteger('version') !== 2) throw malformed(`${path}.version`, 'want X.509 v3');
  version.end();
  tbs.integer('serialNumber');
  for (const field of ['signature', 'issuer', 'validity', 'subject']) {
    tbs.expect(TAG.sequence, field);
  }
  const { raw: spki } = tbs.expect(TAG.sequence, 'subjectPublicKeyInfo');
  checkPublicKeyInfo(spki, `${path}.subjectPublicKeyInfo`);
  const extensions = new Map<string, Uint8Array>();
  if (!tbs.done) {
    const wrapper = tbs.inside(0xa3, 'extensions');
    readExtensions(wrapper, extensions, `${path}.extensions`);
    wrapper.end();
  }
  tbs.end();
  return { spki, extensions };
}

/** SubjectPublicKeyInfo ::= SEQUENCE { algorithm, subjectPublicKey BIT STRING }. */
function checkPublicKeyInfo(spki: Uint8Array, path: string): void {
  const info = derSequence(spki, path);
  info.sequence('algorithm').oid('algorithm');
  info.bitString('subjectPublicKey');
  info.end();
}

function readExtensions(
  wrapper: DerReader,
  extensions: Map<string, Uint8Array>,
  path: string,
): void {
  const list = wrapper.sequence('extensions');
  while (!list.done) {
    const item = list.sequence('extension');
    const oid = item.oid('extnID');
    if (item.peek() === TAG.boolean) item.boolean('critical');
    const value = item.octetString('extnValue');
    item.end();
    // Of two, one verifier would take the first and the next one the other.
    if (extensions.has(oid)) throw malformed(path, `extension ${oid} twice`);
    if (extensions.size === MOST_EXTENSIONS) throw malformed(path, 'too many extensions');
    extensions.set(oid, value);
  }
}
