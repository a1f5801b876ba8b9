import { sha384 } from '#crypto';
import { utf8 } from '../../core/bytes/text.ts';
import type { Damage } from '../damage.ts';
import { deriveBytes } from '../keys.ts';
import type { TABLE_GUIDS } from './certificate-table.ts';
import {
  type SnpCertificate,
  type SnpCrl,
  standardCertificates,
  standardCrl,
} from './hierarchy.ts';
import { SNP_PRODUCTS, type SnpProduct } from './product.ts';
import type { SnpReportContent } from './report.ts';

/** When everything that the simulator makes is in date. */
const SNP_SIMULATED_NOW = Date.UTC(2026, 5, 1);

export type SnpSigner = 'vcek' | 'vlek';

/** How a certificate or list is written down. */
export type Form = 'der' | 'pem';

/** A certificate of the plan by its name there, or its list. */
interface Enclosed {
  readonly guid: keyof typeof TABLE_GUIDS;
  readonly holds: string | Uint8Array;
  readonly form: Form;
}

interface CertificateTablePlan {
  entries: Enclosed[];
  padTo: number;
  guidOrder: 'rfc-4122' | 'mixed-endian';
  afterTable: Damage;
}

/** What is handed to the verifier beside the report. */
interface Handed {
  /** Name, in the plan, of the VEK certificate. */
  vek: string | undefined;
  vekForm: Form;
  /** Names of the CA certificates. */
  chain: string[];
  chainForm: Form;
  crl: 'none' | Form;
}

/**
 * Everything that the evidence is made from. A fault edits one thing in it and all the rest
 * is signed as ever, so that only one check can notice.
 */
export interface SnpPlan {
  readonly seed: string;
  readonly product: SnpProduct;
  at: number;
  /** By name; those of AMD’s hierarchy are always there. */
  readonly certificates: Record<string, SnpCertificate> & ReturnType<typeof standardCertificates>;
  readonly crl: SnpCrl;
  readonly handed: Handed;
  readonly report: SnpReportContent;
  /** Label of the P-384 key that signs the report. */
  reportSignedBy: string;
  /** What happens to the signed part before it is signed. */
  beforeSigning: Damage;
  /** What happens to r and s before they are written. */
  signature: (r: bigint, s: bigint) => readonly [r: bigint, s: bigint];
  /** What happens to the finished report. */
  afterReport: Damage;
  /** The table behind the report, if there is to be one. */
  table: CertificateTablePlan | undefined;
}

export interface SnpPlanOptions {
  /** Another seed is another world: other roots, other chips. */
  readonly seed?: string;
  readonly product?: SnpProduct;
  readonly signer?: SnpSigner;
  readonly version?: 2 | 3 | 4 | 5;
}

export function standardPlan({
  seed = 'postern',
  product = 'genoa',
  signer = 'vcek',
  version = 5,
}: SnpPlanOptions): SnpPlan {
  const { hwidLength, tcb } = SNP_PRODUCTS[product];
  const chipId = new Uint8Array(64);
  chipId.set(deriveBytes(seed, `chip id ${product}`, hwidLength));
  return {
    seed,
    product,
    at: SNP_SIMULATED_NOW,
    certificates: standardCertificates(product, tcb, chipId),
    crl: standardCrl(),
    handed: {
      vek: signer,
      vekForm: 'der',
      chain: [signer === 'vcek' ? 'ask' : 'asvk'],
      chainForm: 'der',
      crl: 'none',
    },
    report: standardReport(seed, product, signer, version, chipId),
    reportSignedBy: signer,
    beforeSigning: same,
    signature: (r, s) => [r, s],
    afterReport: same,
    table: undefined,
  };
}

/** A table with a VEK certificate and its CAs, as hosts deliver it. */
export function standardTable(signer: SnpSigner): CertificateTablePlan {
  return {
    entries: [
      { guid: signer, holds: signer, form: 'der' },
      { guid: 'ask', holds: signer === 'vcek' ? 'ask' : 'asvk', form: 'der' },
      { guid: 'ark', holds: 'ark', form: 'der' },
    ],
    padTo: 4096,
    guidOrder: 'rfc-4122',
    afterTable: same,
  };
}

const same: Damage = (bytes) => bytes;

/** SIGNING_KEY, bits 4:2 of KEY_INFO. */
const SIGNING_KEY = { vcek: 0 << 2, vlek: 1 << 2 } as const;

function standardReport(
  seed: string,
  product: SnpProduct,
  signer: SnpSigner,
  version: number,
  chipId: Uint8Array,
): SnpReportContent {
  const { cpuid, tcb, firmware } = SNP_PRODUCTS[product];
  const mitigations = version >= 5 ? 0x0bn : 0n;
  return {
    version,
    guestSvn: 0,
    policy: 0x30000n,
    familyId: new Uint8Array(16),
    imageId: new Uint8Array(16),
    vmpl: 0,
    signatureAlgo: 1,
    currentTcb: { ...tcb },
    platformInfo: 0x25n,
    keyInfo: SIGNING_KEY[signer],
    reportData: deriveBytes(seed, 'report data', 64),
    measurement: sha384(utf8(`${seed}: SNP guest`)),
    hostData: new Uint8Array(32),
    idKeyDigest: new Uint8Array(48),
    authorKeyDigest: new Uint8Array(48),
    reportId: deriveBytes(seed, `report id ${product}`, 32),
    reportIdMa: new Uint8Array(32).fill(0xff),
    reportedTcb: { ...tcb },
    cpuid: version >= 3 ? { ...cpuid } : undefined,
    // A VLEK is no chip's.
    chipId: signer === 'vcek' ? chipId : new Uint8Array(64),
    committedTcb: { ...tcb },
    current: { ...firmware },
    committed: { ...firmware },
    launchTcb: { ...tcb },
    launchMitVector: mitigations,
    currentMitVector: mitigations,
  };
}
