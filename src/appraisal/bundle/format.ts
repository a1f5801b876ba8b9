import { fromHex } from '../../core/bytes/hex.ts';
import { fromUtf8 } from '../../core/bytes/text.ts';
import { parseJson } from '../../core/encoding/json.ts';
import { JsonShape } from '../../core/encoding/json-shape.ts';
import { malformed } from '../../core/fault.ts';
import type { OcspInput } from '../../evidence/nvidia/input.ts';
import { base64Bytes, base64Member, onlyMembers } from '../binding/members.ts';
import type { BundleCpu } from './cpu.ts';
import { cpuInCertificate } from './ra-tls.ts';

/** Evidence of one machine in one file, `application/vnd.postern.bundle+json`. All bytes are exact. */
export interface Bundle {
  readonly cpu: BundleCpu | undefined;
  readonly vtpm: BundleVtpm | undefined;
  /** Device evidence, JSON as NVIDIA's tools write it; empty when there is none. */
  readonly devices: Uint8Array;
  /** A recipe by name, and its inputs, which the recipe reads. */
  readonly binding: JsonShape;
  readonly endorsements: BundleEndorsements;
  readonly statements: BundleStatements;
}

/** Of an Azure VM: the paravisor's report on the vTPM, and what that vTPM says. */
export interface BundleVtpm {
  readonly hcl: Uint8Array;
  readonly quote?: { readonly message: Uint8Array; readonly signature: Uint8Array };
  readonly pcrs?: Uint8Array;
}

/** What vendors say about the evidence. Signed by them, so that the machine may carry it along. */
export interface BundleEndorsements {
  /** JSON in the common shape. */
  readonly tdxCollateral?: Uint8Array;
  readonly snpVek?: Uint8Array;
  readonly snpChain?: readonly Uint8Array[];
  /** Picked by the machine: it can revoke, and clears nobody. */
  readonly snpCrl?: Uint8Array;
  readonly rims?: readonly Uint8Array[];
  readonly ocsp?: readonly OcspInput[];
}

/** What others who looked at the evidence say of it: beside a verification, never in its place. */
export interface BundleStatements {
  /** What NVIDIA's service (NRAS) answered, as it came; keys that came along would prove nothing. */
  readonly nras?: readonly { readonly eat: Uint8Array }[];
}

/** In bytes, decoded; many times what a machine with 8 GPUs and 4 switches needs. */
export const BUNDLE_LIMITS = {
  bundle: 32 * 1024 * 1024,
  quote: 64 * 1024,
  eventLog: 16 * 1024 * 1024,
  ccelTable: 4096,
  vtpm: 256 * 1024,
  devices: 4 * 1024 * 1024,
  endorsement: 4 * 1024 * 1024,
  statement: 1024 * 1024,
} as const;

const MOST_RIMS = 16;
/** A certificate of each device, and the CAs and signers that they share: 25 of them. */
const MOST_OCSP = 64;
const MOST_CERTIFICATES = 16;
/** The service answers for GPUs and switches apart, and for each GPU alone where so asked. */
const MOST_STATEMENTS = 16;
const VERSION = 1;

const PATH = 'bundle';

/**
 * Members that are not known are refused: whoever put them there meant something by them.
 *
 * @throws Fault `malformed` naming the member, `bundle…`.
 */
export function parseBundle(bytes: Uint8Array): Bundle {
  if (bytes.length > BUNDLE_LIMITS.bundle) {
    throw malformed(PATH, `larger than ${BUNDLE_LIMITS.bundle} bytes`);
  }
  const { value } = parseJson(fromUtf8(bytes, PATH), PATH);
  const shape = new JsonShape(value, PATH);
  onlyMembers(shape, ['v', 'cpu', 'vtpm', 'devices', 'binding', 'endorsements', 'statements']);
  const version = shape.integer('v', 0xffff);
  if (version !== VERSION) throw malformed(`${PATH}.v`, `want ${VERSION}, got ${version}`);
  const binding = shape.object('binding');
  return {
    cpu: shape.has('cpu') ? parseCpu(shape.object('cpu')) : cpuInCertificate(binding),
    vtpm: shape.has('vtpm') ? parseVtpm(shape.object('vtpm')) : undefined,
    devices: blob(shape, 'devices', BUNDLE_LIMITS.devices) ?? new Uint8Array(),
    binding,
    endorsements: shape.has('endorsements') ? parseEndorsements(shape.object('endorsements')) : {},
    statements: shape.has('statements') ? parseStatements(shape.object('statements')) : {},
  };
}

function parseCpu(shape: JsonShape): BundleCpu {
  const kind = shape.string('kind');
  const { quote: most } = BUNDLE_LIMITS;
  if (kind === 'snp') {
    onlyMembers(shape, ['kind', 'report']);
    return { kind, report: base64Member(shape, 'report', most) };
  }
  if (kind !== 'tdx') throw malformed(`${shape.path}.kind`, `want tdx or snp, got ${kind}`);
  onlyMembers(shape, ['kind', 'quote', 'event_log', 'ccel_table']);
  const eventLog = blob(shape, 'event_log', BUNDLE_LIMITS.eventLog);
  const ccelTable = blob(shape, 'ccel_table', BUNDLE_LIMITS.ccelTable);
  if (ccelTable && !eventLog)
    throw malformed(`${shape.path}.ccel_table`, 'a table without its log');
  return {
    kind,
    quote: base64Member(shape, 'quote', most),
    ...(eventLog && { eventLog }),
    ...(ccelTable && { ccelTable }),
  };
}

function parseVtpm(shape: JsonShape): BundleVtpm {
  onlyMembers(shape, ['hcl', 'quote', 'signature', 'pcrs']);
  const { vtpm: most } = BUNDLE_LIMITS;
  const message = blob(shape, 'quote', most);
  const signature = blob(shape, 'signature', most);
  if ((message === undefined) !== (signature === undefined)) {
    throw malformed(shape.path, 'quote and signature belong together');
  }
  const pcrs = blob(shape, 'pcrs', most);
  return {
    hcl: base64Member(shape, 'hcl', most),
    ...(message && signature && { quote: { message, signature } }),
    ...(pcrs && { pcrs }),
  };
}

function parseEndorsements(shape: JsonShape): BundleEndorsements {
  onlyMembers(shape, [
    'tdx_collateral',
    'snp_vek',
    'snp_chain',
    'snp_crl',
    'nvidia_rims',
    'nvidia_ocsp',
  ]);
  const { endorsement: most } = BUNDLE_LIMITS;
  const tdxCollateral = blob(shape, 'tdx_collateral', most);
  const snpVek = blob(shape, 'snp_vek', most);
  const snpCrl = blob(shape, 'snp_crl', most);
  return {
    ...(tdxCollateral && { tdxCollateral }),
    ...(snpVek && { snpVek }),
    ...(snpCrl && { snpCrl }),
    ...(shape.has('snp_chain') && { snpChain: blobs(shape, 'snp_chain', MOST_CERTIFICATES) }),
    ...(shape.has('nvidia_rims') && { rims: blobs(shape, 'nvidia_rims', MOST_RIMS) }),
    ...(shape.has('nvidia_ocsp') && { ocsp: parseOcsp(shape) }),
  };
}

/** Each with the nonce that it was asked with, where it was. */
function parseOcsp(shape: JsonShape): readonly OcspInput[] {
  const list = shape.objects('nvidia_ocsp');
  if (list.length > MOST_OCSP)
    throw malformed(`${shape.path}.nvidia_ocsp`, `more than ${MOST_OCSP}`);
  return list.map((item) => {
    onlyMembers(item, ['response', 'nonce']);
    const response = base64Member(item, 'response', BUNDLE_LIMITS.endorsement);
    const nonce = item.has('nonce') && fromHex(item.string('nonce'), `${item.path}.nonce`);
    return nonce ? { response, nonce } : { response };
  });
}

function parseStatements(shape: JsonShape): BundleStatements {
  onlyMembers(shape, ['nras']);
  if (!shape.has('nras')) return {};
  const list = shape.objects('nras');
  if (list.length > MOST_STATEMENTS)
    throw malformed(`${shape.path}.nras`, `more than ${MOST_STATEMENTS}`);
  return {
    nras: list.map((item) => {
      onlyMembers(item, ['eat']);
      return { eat: base64Member(item, 'eat', BUNDLE_LIMITS.statement) };
    }),
  };
}

function blob(shape: JsonShape, name: string, most: number): Uint8Array | undefined {
  return shape.has(name) ? base64Member(shape, name, most) : undefined;
}

function blobs(shape: JsonShape, name: string, count: number): readonly Uint8Array[] {
  const list = shape.strings(name);
  if (list.length > count) throw malformed(`${shape.path}.${name}`, `more than ${count}`);
  return list.map((text, i) =>
    base64Bytes(text, `${shape.path}.${name}[${i}]`, BUNDLE_LIMITS.endorsement),
  );
}
