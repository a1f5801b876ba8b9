import { anchorFromCertificate } from '../../../src/core/x509/anchors.ts';
import type { NvidiaAnchors } from '../../../src/evidence/nvidia/anchors.ts';
import type { NvidiaClocks } from '../../../src/evidence/nvidia/input.ts';
import { type NvidiaPlanOptions, OCSP_DEVICE } from '../../../src/simulator/nvidia/plan.ts';
import { type SimulatedNvidia, simulateNvidia } from '../../../src/simulator/nvidia/simulate.ts';
import { deriveP384Key } from '../../../src/simulator/p384-keys.ts';
import type { Evidence } from './evidence.ts';
import {
  answeredCertId,
  answeredSerial,
  chainNames,
  dersOf,
  hexOf,
  reportName,
  responseName,
  rimName,
} from './pieces.ts';

/** What goes with one genuine report. */
export interface DeviceFacts {
  readonly nonce: string;
  /** Five certificates, leaf first. */
  readonly chain: readonly string[];
  /** A manifest for each thing that is to be compared. */
  readonly rims: readonly string[];
  readonly ocsp: {
    readonly device: readonly string[];
    readonly rim: readonly string[];
    /** The certificates that these are about. */
    readonly deviceCertIds: readonly string[];
    readonly rimSerials: readonly string[];
  };
}

/** Everything genuine, and an attacker with a hierarchy of the same names. */
export interface World {
  readonly anchors: NvidiaAnchors;
  readonly at: NvidiaClocks;
  readonly honest: readonly Evidence[];
  readonly devices: ReadonlyMap<string, DeviceFacts>;
  /** DER, to be put in the place of others: genuine ones and a stranger's. */
  readonly certificates: readonly Uint8Array[];
  readonly rims: readonly Uint8Array[];
  readonly ocsp: readonly Uint8Array[];
  readonly stranger: {
    readonly evidence: Evidence;
    /** r ‖ s under the key of the stranger's leaf. */
    readonly sign: (message: Uint8Array) => Uint8Array;
  };
}

/** Each another device: of one key, what differs between its reports is no forgery. */
const KINDS: readonly NvidiaPlanOptions[] = [
  { model: 'h100', ocsp: 'all' },
  { model: 'h100', device: 'gpu 1' },
  { model: 'h100', device: 'gpu 2', ocsp: 'device' },
  { model: 'h100', device: 'gpu 3', mode: 'ppcie' },
  { model: 'h100-570', device: 'gpu 4' },
  { model: 'h100-535', device: 'gpu 5' },
  { model: 'gb100', ocsp: 'all' },
  { model: 'gb100-575', device: 'gpu 7' },
  { model: 'ls10', ocsp: 'device' },
  { model: 'h100-620', device: 'gpu 8', ocsp: 'device' },
];

export function createWorld(): World {
  const made = KINDS.map((kind) => ({ kind, of: simulateNvidia(kind) }));
  const rogue = simulateNvidia({ seed: 'stranger', ocsp: 'all' });
  const [{ of: first } = { of: rogue }] = made;
  const all = [...made.map(({ of }) => of), rogue];
  return {
    anchors: {
      device: [anchorFromCertificate(first.roots.device, 'root')],
      rim: [anchorFromCertificate(first.roots.rim, 'root')],
    },
    at: first.at,
    honest: made.map(({ kind, of }) => evidenceOf(of, kind)),
    devices: new Map(made.map(({ kind, of }) => [reportName(of.report), factsOf(of, kind)])),
    certificates: distinct(all.flatMap(({ chain }) => dersOf(chain, 'CERTIFICATE') ?? [])),
    rims: distinct(all.flatMap(({ rims }) => rims)),
    ocsp: distinct(all.flatMap(({ ocsp }) => ocsp.map(({ response }) => response))),
    stranger: {
      evidence: evidenceOf(rogue, {}),
      sign: deriveP384Key('stranger', rogue.plan.reportSignedBy).sign,
    },
  };
}

function evidenceOf(made: SimulatedNvidia, { ocsp }: NvidiaPlanOptions): Evidence {
  const { report, chain, rims, plan } = made;
  return {
    report,
    chain,
    rims,
    ocsp: made.ocsp.map(({ response }) => response),
    asked: {
      nonce: plan.report.nonce,
      ...(ocsp === 'all' && { revocation: 'required' as const }),
    },
  };
}

function factsOf(made: SimulatedNvidia, kind: NvidiaPlanOptions): DeviceFacts {
  // All that the vendor says of it, whether or not it is handed over.
  const { ocsp } = simulateNvidia({ ...kind, ocsp: 'all' });
  const names = ocsp.map(({ response }) => responseName(response));
  const serials = ocsp.map(({ response }) => answeredSerial(response) ?? '');
  return {
    nonce: hexOf(made.plan.report.nonce),
    chain: chainNames(made.chain) ?? [],
    rims: made.rims.map(rimName),
    ocsp: {
      device: names.slice(0, OCSP_DEVICE.length),
      rim: names.slice(OCSP_DEVICE.length),
      deviceCertIds: ocsp
        .slice(0, OCSP_DEVICE.length)
        .map(({ response }) => answeredCertId(response) ?? ''),
      rimSerials: serials.slice(OCSP_DEVICE.length),
    },
  };
}

function distinct(pieces: readonly Uint8Array[]): readonly Uint8Array[] {
  return [...new Map(pieces.map((bytes) => [hexOf(bytes), bytes])).values()];
}
