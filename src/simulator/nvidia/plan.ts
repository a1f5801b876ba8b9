import { nvidiaClocksAt } from '../../evidence/nvidia/input.ts';
import { OPAQUE_TYPES } from '../../evidence/nvidia/opaque-fields.ts';
import type { Damage } from '../damage.ts';
import { deriveBytes } from '../keys.ts';
import { deviceCertificates, type NvidiaCertificate, rimCertificates } from './hierarchy.ts';
import { NVIDIA_MODELS, type NvidiaMode, type NvidiaModel } from './model.ts';
import type { OcspPlan } from './ocsp.ts';
import { type Fabric, standardHeader, standardOpaque } from './opaque.ts';
import type { NvidiaReportContent } from './report.ts';
import type { RimFloorRow, RimPlan, RimRow } from './rim.ts';

/** When everything that the simulator makes is in date. */
const NVIDIA_SIMULATED_NOW = Date.UTC(2026, 5, 1);

/** The certificates that the vendor's OCSP service answers for, by their names in the plan. */
export const OCSP_DEVICE = ['brom', 'provisioner', 'identity'] as const;
export const OCSP_RIM = ['driverSigner', 'vbiosSigner', 'rimL3', 'rimCa'] as const;
export type OcspName = (typeof OCSP_DEVICE)[number] | (typeof OCSP_RIM)[number];

export type RimName = 'driver' | 'vbios';

/** What is handed to the verifier beside the report. */
interface Handed {
  /** Names, in the plan, of the certificates. */
  chain: string[];
  chainForm: 'pem' | 'der';
  /** What happens to the finished chain. */
  afterChain: Damage;
  /** Names, in the plan, of manifests. */
  rims: string[];
  /** Names, in the plan, of responses. */
  ocsp: string[];
}

/** When what is looked at; the members of the verifier’s clocks. */
export interface Clocks {
  evidence: number;
  rim: number;
  ocsp: number;
  rimOcsp: number;
}

/**
 * Everything that the evidence of one device is made from. A fault edits one thing in it and
 * all the rest is signed as ever, so that only one check can notice.
 */
export interface NvidiaPlan {
  readonly seed: string;
  readonly model: NvidiaModel;
  readonly mode: NvidiaMode;
  /** Label of the device in its machine, `gpu 3`. */
  readonly device: string;
  readonly at: Clocks;
  /** By name; those of NVIDIA’s two hierarchies are always there. */
  readonly certificates: Record<string, NvidiaCertificate> &
    ReturnType<typeof deviceCertificates> &
    ReturnType<typeof rimCertificates>;
  readonly rims: Record<string, RimPlan> & Record<RimName, RimPlan>;
  readonly ocsp: Record<string, OcspPlan> & Record<OcspName, OcspPlan>;
  readonly handed: Handed;
  readonly report: NvidiaReportContent;
  /** Label of the P-384 key that signs the report. */
  reportSignedBy: string;
  /** What happens to the signed part before it is signed. */
  beforeSigning: Damage;
  /** What of it is signed. */
  signedMessage: Damage;
  /** What happens to r and s before they are written. */
  signature: (r: bigint, s: bigint) => readonly [r: bigint, s: bigint];
  /** What happens to the finished report. */
  afterReport: Damage;
}

export interface NvidiaPlanOptions {
  /** Another seed is another world: other roots, other devices. */
  readonly seed?: string;
  readonly model?: NvidiaModel;
  readonly mode?: NvidiaMode;
  /** Label of the device in its machine: `gpu 0` or, of a switch, `switch 0`. */
  readonly device?: string;
  readonly fabric?: Fabric;
  /** Which responses are handed over; `none` unless said. */
  readonly ocsp?: 'none' | 'device' | 'all';
}

/** NVIDIA’s largest machine of the time: eight H100 at four switches. */
export const FULL_FABRIC: Fabric = { gpus: 8, switches: 4 };

export function standardPlan({
  seed = 'postern',
  model = 'h100',
  mode = NVIDIA_MODELS[model].modes[0] ?? 'spt',
  device = `${NVIDIA_MODELS[model].kind} 0`,
  fabric = FULL_FABRIC,
  ocsp = 'none',
}: NvidiaPlanOptions): NvidiaPlan {
  const { kind, vbios, chip } = NVIDIA_MODELS[model];
  // The firmware is the model's, not the device's.
  const fwid = deriveBytes(seed, `firmware of ${chip} with ${vbios}`, 48);
  const certificates = {
    ...deviceCertificates({ seed, model, device, fwid }),
    ...rimCertificates(seed, model),
  };
  const rims = kind === 'gpu' ? (['driver', 'vbios'] as const) : (['vbios'] as const);
  const signers = rims.map((name) => `${name}Signer`);
  const rimOcsp = OCSP_RIM.filter((name) => !name.endsWith('Signer') || signers.includes(name));
  return {
    seed,
    model,
    mode,
    device,
    at: { ...nvidiaClocksAt(NVIDIA_SIMULATED_NOW) },
    certificates,
    rims: {
      driver: standardRim(seed, model, 'driver'),
      vbios: standardRim(seed, model, 'vbios'),
    },
    ocsp: standardOcsp(),
    handed: {
      chain: ['leaf', 'brom', 'provisioner', 'identity', 'root'],
      chainForm: 'pem',
      afterChain: same,
      rims: [...rims],
      ocsp: ocsp === 'none' ? [] : [...OCSP_DEVICE, ...(ocsp === 'all' ? rimOcsp : [])],
    },
    report: {
      request: [0x11, 0xe0, 0x01, 0xff],
      nonce: deriveBytes(seed, 'nonce', 32),
      slotId: 0,
      response: [0x11, 0x60, 0, 0],
      blocks: measurements(seed, model).map((value, i) => ({
        index: i + 1,
        specification: 1,
        type: 1,
        value,
      })),
      responderNonce: deriveBytes(seed, `responder nonce of ${chip} ${device}`, 32),
      opaqueHeader: standardHeader(model),
      opaque: standardOpaque({ seed, model, mode, device, fabric, fwid }),
    },
    reportSignedBy: certificates.leaf.key,
    beforeSigning: same,
    signedMessage: same,
    signature: unchanged,
    afterReport: same,
  };
}

const same: Damage = (bytes) => bytes;
const unchanged = (r: bigint, s: bigint) => [r, s] as const;

/** What this model measures: zeros where nothing is loaded, the same in every device. */
function measurements(seed: string, model: NvidiaModel): Uint8Array[] {
  const { blocks, active, zeros, driver, vbios } = NVIDIA_MODELS[model];
  return Array.from({ length: blocks }, (_, index) => {
    if (zeros.includes(index)) return new Uint8Array(48);
    if (active.driver.includes(index)) {
      return deriveBytes(seed, `measurement ${index} of ${model} driver ${driver}`, 48);
    }
    return active.vbios.includes(index)
      ? deriveBytes(seed, `measurement ${index} of ${model} VBIOS ${vbios}`, 48)
      : new Uint8Array(48);
  });
}

/** Manifests have a row for every index, whatever the device has blocks for. */
const ROWS = 64;

function standardRim(seed: string, model: NvidiaModel, kind: RimName): RimPlan {
  const facts = NVIDIA_MODELS[model];
  const { product, edition, driver, vbios, project, projectSku, chipSku } = facts;
  const values = measurements(seed, model);
  const rows = Array.from({ length: ROWS }, (_, index): RimRow => {
    const active = facts.active[kind].includes(index);
    const value = (active && values[index]) || new Uint8Array(48);
    return { index, active, name: `Measurement_${index}`, values: [value] };
  });
  const undotted = vbios.replaceAll('.', '').toUpperCase();
  const ids = {
    driver: `NV_GPU_${product.startsWith('GH') ? '' : 'CC_'}DRIVER_${product}_${driver}`,
    vbios: `NV_${edition === 'GPU' ? 'GPU_VBIOS' : 'SWITCH_BIOS'}_${project}_${projectSku}_${chipSku}_${undotted}`,
  };
  return {
    id: ids[kind],
    product,
    edition,
    version: kind === 'driver' ? driver : vbios,
    rows,
    floors: kind === 'vbios' ? standardFloors(model) : [],
    chain: [`${kind}Signer`, 'rimL3', 'rimCa', 'rimRoot'],
    signedBy: `${product} ${kind} signer`,
    digest: 'sha384',
    edit: () => {},
    editSignedInfo: () => {},
    signature: unchanged,
    editSignature: () => {},
    afterWriting: (xml) => xml,
  };
}

function standardFloors(model: NvidiaModel): RimFloorRow[] {
  const { fspSvn } = NVIDIA_MODELS[model];
  if (fspSvn === undefined) return [];
  const type = OPAQUE_TYPES.FSP_UCODE_SVN;
  return [{ type, active: true, name: 'FSP_UCODE_MIN_SVN', least: fspSvn }];
}

/** Each response is good for a day, and from the responder that the issuer appointed. */
function standardOcsp(): Record<OcspName, OcspPlan> {
  const answer = (about: OcspName, responder: string): OcspPlan => ({
    about,
    hash: 'sha384',
    status: 'good',
    producedAt: '2026-05-31T12:00:00Z',
    thisUpdate: '2026-05-31T12:00:00Z',
    nextUpdate: '2026-06-01T12:00:00Z',
    responder,
    responderId: 'key',
    certificates: [responder],
    nonceIn: 'responseExtensions',
    signature: same,
    responseStatus: 0,
    afterSigning: same,
  });
  return {
    brom: answer('brom', 'provisionerResponder'),
    provisioner: answer('provisioner', 'identityResponder'),
    identity: answer('identity', 'rootResponder'),
    driverSigner: answer('driverSigner', 'rimL3Responder'),
    vbiosSigner: answer('vbiosSigner', 'rimL3Responder'),
    rimL3: answer('rimL3', 'rimCaResponder'),
    rimCa: answer('rimCa', 'rimRootResponder'),
  };
}
