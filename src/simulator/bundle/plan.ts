import { toHex } from '../../core/bytes/hex.ts';
import { utf8 } from '../../core/bytes/text.ts';
import { toBase64Url } from '../../core/encoding/base64url.ts';
import { formatTime } from '../../core/encoding/time.ts';
import { deriveBytes } from '../keys.ts';
import type { NvidiaNodeOptions } from '../nvidia/node.ts';

export interface BundlePlanOptions
  extends Pick<NvidiaNodeOptions, 'gpus' | 'switches' | 'mode' | 'machine'> {
  readonly seed?: string;
  readonly cpu?: 'tdx' | 'snp';
  /** SHA-256 of the weights that the machine measures into RTMR3; TDX alone. */
  readonly weights?: Uint8Array;
  /** Whether the file brings the vendors' endorsements along. */
  readonly endorsements?: 'carried' | 'none';
  /** Whether it brings the event log along; TDX alone. */
  readonly eventLog?: 'carried' | 'none';
  /** Whether the vendors publish AMD's CRL and NVIDIA's OCSP responses. */
  readonly revocation?: 'published' | 'none';
}

/** The file as it will be written, before it is text: members of members by their names. */
export type BundleDocument = Record<string, unknown>;

/** All that a bundle is made from. What comes late works on what was bound before it. */
export interface BundlePlan {
  readonly seed: string;
  readonly cpu: 'tdx' | 'snp';
  readonly node: NvidiaNodeOptions;
  readonly weights: Uint8Array | undefined;
  readonly endorsements: 'carried' | 'none';
  readonly eventLog: 'carried' | 'none';
  purpose: string;
  /** 32 bytes. */
  nonce: Uint8Array;
  /** Exact bytes. */
  keyset: Uint8Array;
  /** What the devices sign, given what they should. */
  deviceNonce: (due: Uint8Array) => Uint8Array;
  /** What the CPU's report data is, given what it should be. */
  reportData: (due: Uint8Array) => Uint8Array;
  /** The device evidence in the file, given what was bound. */
  afterDevices: (bound: Uint8Array) => Uint8Array;
  /** The document, given what it should be; a text stands for itself. */
  afterDocument: (document: BundleDocument) => BundleDocument | string;
}

const DAY = 86_400_000;

/** @param at when the evidence is in date, in milliseconds since the epoch. */
export function standardBundlePlan(
  {
    seed = 'postern',
    cpu = 'tdx',
    gpus = 8,
    switches = 4,
    mode = 'ppcie',
    weights,
    endorsements = 'carried',
    eventLog = 'carried',
    revocation = 'none',
    machine,
  }: BundlePlanOptions,
  at: number,
): BundlePlan {
  return {
    seed,
    cpu,
    node: {
      seed,
      gpus,
      switches,
      mode,
      ocsp: revocation === 'published' ? 'all' : 'none',
      ...(machine !== undefined && { machine }),
    },
    weights,
    endorsements,
    eventLog,
    purpose: 'client',
    nonce: deriveBytes(seed, 'bundle challenge', 32),
    keyset: utf8(JSON.stringify(standardKeyset(seed, at))),
    deviceNonce: (due) => due,
    reportData: (due) => due,
    afterDevices: (bound) => bound,
    afterDocument: (document) => document,
  };
}

/** One key of each use. */
export function standardKeyset(seed: string, at: number) {
  const bytes = (label: string, length: number) => deriveBytes(seed, label, length);
  return {
    v: 1,
    deployment: 'postern-simulator',
    not_before: formatTime(at - DAY),
    not_after: formatTime(at + DAY),
    agent_config_sha256: toHex(bytes('agent configuration', 32)),
    keys: [
      { use: 'ohttp', config: toBase64Url(ohttpKeyConfig(bytes('ohttp key', 32))) },
      { use: 'tls', spki_sha256: toHex(bytes('tls key', 32)), host: 'node.example' },
      { use: 'ssh-host', alg: 'ssh-ed25519', blob_sha256: toHex(bytes('ssh key', 32)) },
      { use: 'receipt', alg: 'ed25519', pub: toBase64Url(bytes('receipt key', 32)) },
    ],
  };
}

/** RFC 9458 section 3.1: key 1, X25519, HKDF-SHA256 with AES-256-GCM. */
function ohttpKeyConfig(publicKey: Uint8Array): Uint8Array {
  return Uint8Array.of(1, 0x00, 0x20, ...publicKey, 0x00, 0x04, 0x00, 0x01, 0x00, 0x02);
}
