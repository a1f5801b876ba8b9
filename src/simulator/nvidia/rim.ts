import { sha256, sha384 } from '#crypto';
import { toHex } from '../../core/bytes/hex.ts';
import { utf8 } from '../../core/bytes/text.ts';
import { toBase64 } from '../../core/encoding/base64.ts';
import { SIMULATOR_ORGANIZATION } from '../../core/x509/anchors.ts';
import { element, writeCanonical, writeXml, type XmlNode } from './xml-node.ts';

/** What one index of a manifest lists. */
export interface RimRow {
  index: number;
  active: boolean;
  name: string;
  /** The alternatives. */
  values: Uint8Array[];
}

/** The least security version that an opaque field may say. */
export interface RimFloorRow {
  /** Of the field. */
  type: number;
  active: boolean;
  name: string;
  least: number | string;
}

/** What a manifest (SWID tag with TCG’s reference integrity profile) says, and how it is signed. */
export interface RimPlan {
  /** Under which the vendor’s service has it. */
  id: string;
  product: string;
  edition: string;
  version: string;
  rows: RimRow[];
  /** Of opaque fields. */
  floors: RimFloorRow[];
  /** Names, in the plan, of the certificates that come along, leaf first. */
  chain: string[];
  /** Label of the key that signs. */
  signedBy: string;
  digest: 'sha384' | 'sha256';
  /** What happens to the manifest before it is signed. */
  edit: (root: XmlNode) => void;
  /** What happens to SignedInfo before it is signed. */
  editSignedInfo: (signedInfo: XmlNode) => void;
  /** What happens to r and s before they are written. */
  signature: (r: bigint, s: bigint) => readonly [r: bigint, s: bigint];
  /** What happens to the finished ds:Signature, and to the manifest around it. */
  editSignature: (signature: XmlNode, root: XmlNode) => void;
  /** What happens to the finished text. */
  afterWriting: (xml: string) => string;
}

const SWID = 'http://standards.iso.org/iso/19770/-2/2015/schema.xsd';
const TCG_RIM =
  'https://trustedcomputinggroup.org/resource/tcg-reference-integrity-manifest-rim-information-model/';
const OPAQUE_DATA = 'https://docs.nvidia.com/attestation/specs/latest/opaque-data.html';
/** Where the indices of opaque fields begin. */
const FLOORS_AT = 0x1000;
const SHA384_VALUES = 'http://www.w3.org/2001/04/xmlenc#sha384';

/** The algorithms of the one profile, and of its neighbours. */
export const XMLDSIG = {
  namespace: 'http://www.w3.org/2000/09/xmldsig#',
  enveloped: 'http://www.w3.org/2000/09/xmldsig#enveloped-signature',
  c14n11: 'http://www.w3.org/2006/12/xml-c14n11',
  c14n10: 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315',
  exclusive: 'http://www.w3.org/2001/10/xml-exc-c14n#',
  ecdsaSha384: 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384',
  ecdsaSha256: 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256',
  sha384: 'http://www.w3.org/2001/04/xmldsig-more#sha384',
  sha256: 'http://www.w3.org/2001/04/xmlenc#sha256',
} as const;

/** Number registered with IANA for NVIDIA. */
const MANUFACTURER = '5703';

/** A manifest without its signature, in the order of NVIDIA’s. */
function rimRoot(rim: RimPlan): XmlNode {
  const { product, edition, version } = rim;
  const meta = element('ns0:Meta', [
    ['colloquialVersion', version],
    ['edition', edition],
    ['product', product],
    ['revision', 'r1'],
    ['PayloadType', 'direct'],
    ['ns1:BindingSpec', 'RIMIM'],
    ['ns1:BindingSpecVersion', '1.01'],
    ['ns1:PlatformManufacturerId', MANUFACTURER],
    ['ns1:PlatformManufacturerStr', SIMULATOR_ORGANIZATION],
    ['ns1:PlatformModel', product],
    ['ns1:FirmwareManufacturer', SIMULATOR_ORGANIZATION],
    ['ns1:FirmwareManufacturerId', MANUFACTURER],
  ]);
  meta.namespaces = [['ns1', TCG_RIM]];
  const rows = [...rim.rows.map(resource), ...rim.floors.map(floor)];
  const payload = element('ns0:Payload', [], ...inLines(rows, 2));
  payload.namespaces = [['SHA384', SHA384_VALUES]];
  const entity = element('ns0:Entity', [
    ['name', SIMULATOR_ORGANIZATION],
    ['role', 'softwareCreator tagCreator'],
  ]);
  const root = element(
    'SoftwareIdentity',
    [
      ['corpus', 'false'],
      ['name', product],
      ['patch', 'false'],
      ['supplemental', 'false'],
      ['tagId', toHex(sha384(utf8(rim.id)))],
      ['version', '1.0'],
      ['tagVersion', '0'],
    ],
    ...inLines([entity, meta, payload], 1),
  );
  root.namespaces = [
    ['', SWID],
    ['ns0', SWID],
    ['ns2', SHA384_VALUES],
    ...(rim.floors.length > 0 ? [['ns3', OPAQUE_DATA] as const] : []),
  ];
  return root;
}

function resource({ index, active, name, values }: RimRow): XmlNode {
  return element('ns0:Resource', [
    ['type', 'Measurement'],
    ['index', `${index}`],
    ['active', active ? 'True' : 'False'],
    ['alternatives', `${values.length}`],
    ...values.map((value, i) => [`ns2:Hash${i}`, toHex(value)] as const),
    ['name', name],
    ['size', '48'],
  ]);
}

function floor({ type, active, name, least }: RimFloorRow): XmlNode {
  return element('ns0:Resource', [
    ['type', 'Measurement'],
    ['index', `${FLOORS_AT + type}`],
    ['active', active ? 'True' : 'False'],
    ['alternatives', '1'],
    ['ns3:minSvn', `${least}`],
    ['ns3:includeInResult', 'True'],
    ['name', name],
    ['size', '2'],
  ]);
}

/** Each on a line of its own. */
function inLines(children: readonly XmlNode[], depth: number): XmlNode['children'] {
  const indent = `\n${'    '.repeat(depth)}`;
  return [...children.flatMap((child) => [indent, child]), `\n${'    '.repeat(depth - 1)}`];
}

/** Whoever signs, and whose certificates go along. */
export interface RimSigner {
  /** r ‖ s over SHA-384. */
  readonly sign: (message: Uint8Array) => Uint8Array;
  /** DER, leaf first. */
  readonly chain: readonly Uint8Array[];
}

/** The manifest with its enveloped signature (XML-DSig), UTF-8. */
export function signRim(rim: RimPlan, { sign, chain }: RimSigner): Uint8Array {
  const root = rimRoot(rim);
  rim.edit(root);
  const hash = rim.digest === 'sha384' ? sha384 : sha256;
  const signedInfo = signedInfoOf(rim, toBase64(hash(utf8(writeCanonical(root)))));
  rim.editSignedInfo(signedInfo);
  const ds = ['ds', XMLDSIG.namespace] as const;
  const value = sign(utf8(writeCanonical(signedInfo, [...root.namespaces, ds])));
  const certificates = chain.map((der) =>
    element('ds:X509Certificate', [], `${inColumns(toBase64(der))}\n`),
  );
  const signature = element(
    'ds:Signature',
    [],
    signedInfo,
    element('ds:SignatureValue', [], toBase64(value)),
    element('ds:KeyInfo', [], element('ds:X509Data', [], ...certificates)),
  );
  signature.namespaces = [ds];
  root.children.push(signature);
  rim.editSignature(signature, root);
  return utf8(rim.afterWriting(writeXml(root)));
}

function signedInfoOf({ digest }: RimPlan, digestValue: string): XmlNode {
  const algorithm = (name: string, uri: string) => element(`ds:${name}`, [['Algorithm', uri]]);
  return element(
    'ds:SignedInfo',
    [],
    algorithm('CanonicalizationMethod', XMLDSIG.c14n11),
    algorithm('SignatureMethod', XMLDSIG.ecdsaSha384),
    element(
      'ds:Reference',
      [['URI', '']],
      element(
        'ds:Transforms',
        [],
        algorithm('Transform', XMLDSIG.enveloped),
        algorithm('Transform', XMLDSIG.c14n11),
      ),
      algorithm('DigestMethod', XMLDSIG[digest]),
      element('ds:DigestValue', [], digestValue),
    ),
  );
}

function inColumns(text: string): string {
  return (text.match(/.{1,64}/g) ?? []).join('\n');
}
