import { parseXml, type XmlElement } from '../../../core/encoding/xml.ts';
import { Fault, malformed } from '../../../core/fault.ts';
import type { Mismatch } from '../../../core/mismatch.ts';
import type { TrustAnchor } from '../../../core/x509/anchors.ts';
import { type Certificate, parseCertificate } from '../../../core/x509/certificate.ts';
import { anchorOf, rootProblem } from '../../../core/x509/chain.ts';
import { WELL_FORMED } from '../../check-list.ts';
import { endOf, UNBOUNDED } from '../../until.ts';
import { type ReadCertificate, readSignerChain, signerChainProblem } from './chain.ts';
import { parseRimManifest, type RimManifest } from './manifest.ts';
import { parseRimSignature, type RimSignature, rimSignatureProblem } from './signature.ts';

/** Asked and fine, asked and wrong, or (undefined) not to be asked. */
export type RimAnswer = 'pass' | { readonly mismatch: Mismatch; readonly path: string } | undefined;

/** What depends on a manifest's bytes and on the anchors alone. */
export interface RimReading {
  readonly format: RimAnswer;
  readonly signature: RimAnswer;
  readonly chain: RimAnswer;
  readonly root: RimAnswer;
  /**
   * What it says, read from the very bytes that were hashed; undefined unless digest, signature,
   * chain and root all hold.
   */
  readonly manifest: RimManifest | undefined;
  /** The signer's, leaf first, root last; empty when they can't be read. */
  readonly certificates: readonly Certificate[];
  readonly anchor: TrustAnchor | undefined;
  /** When the first certificate ends, in milliseconds; infinite where there is no manifest. */
  readonly until: number;
  /** A copy of the file: the caller may use its buffer again. Undefined where there is no manifest. */
  readonly xml: Uint8Array | undefined;
}

export function readRim(
  xml: Uint8Array,
  anchors: readonly TrustAnchor[],
  readCertificate: ReadCertificate = parseCertificate,
): RimReading {
  const read = answered(() => open(xml, readCertificate));
  if (!('value' in read)) return { ...NOTHING, format: read.answer };
  const { signature, certificates, manifest } = read.value;
  const [leaf] = certificates;
  const [root] = certificates.slice(-1);
  const signed = leaf && rimSignatureProblem(signature, leaf.publicKey);
  const unlinked = signerChainProblem(certificates);
  const untrusted = root && rootProblem(root, anchors);
  const trusted = signed === undefined && unlinked === undefined && untrusted === undefined;
  return {
    format: 'pass',
    signature: answerOf(signed),
    chain: answerOf(unlinked),
    root: answerOf(untrusted),
    manifest: trusted ? manifest : undefined,
    certificates,
    anchor: trusted && root ? anchorOf(root, anchors) : undefined,
    until: trusted ? endOf(certificates) : UNBOUNDED,
    xml: trusted ? new Uint8Array(xml) : undefined,
  };
}

interface Opened {
  readonly signature: RimSignature;
  readonly certificates: readonly Certificate[];
  readonly manifest: RimManifest;
}

/** Genuine ones have 18 to 26 KB; strangers could hand over many, each as long as XML may be. */
const LARGEST = 128 * 1024;

function parse(xml: Uint8Array): XmlElement {
  if (xml.length > LARGEST) throw malformed('rim', `${xml.length} bytes of a manifest`);
  return parseXml(xml, 'rim');
}

/** All that can be malformed is found here. */
function open(xml: Uint8Array, readCertificate: ReadCertificate): Opened {
  const root = parse(xml);
  // First, since what is missing from a manifest is better named than a signature beside it.
  parseRimManifest(root);
  const signature = parseRimSignature(root);
  const certificates = readSignerChain(signature.certificates, readCertificate);
  // Its canonical form can be longer, so that even what could be read is not sure to be again.
  const manifest = parseRimManifest(parse(signature.document));
  return { signature, certificates, manifest };
}

const NOTHING = {
  signature: undefined,
  chain: undefined,
  root: undefined,
  manifest: undefined,
  certificates: [],
  anchor: undefined,
  until: UNBOUNDED,
  xml: undefined,
} as const;

function answered<T extends object>(
  read: () => T,
): { readonly value: T } | { readonly answer: RimAnswer } {
  try {
    return { value: read() };
  } catch (error) {
    if (!(error instanceof Fault) || error.code === 'internal') throw error;
    return { answer: { mismatch: { want: WELL_FORMED, got: error.detail }, path: error.at } };
  }
}

function answerOf(mismatch: Mismatch | undefined): RimAnswer {
  return mismatch === undefined ? 'pass' : { mismatch, path: 'rim.Signature' };
}

export type RimTitle = Pick<RimManifest, 'product' | 'edition' | 'colloquialVersion'>;

/** What a file says of itself, unverified: only to choose among several. */
export function rimTitle(xml: Uint8Array): RimTitle | undefined {
  const read = answered(() => parse(xml));
  if (!('value' in read)) return undefined;
  const title = answered(() => parseRimManifest(read.value));
  return 'value' in title ? title.value : undefined;
}
