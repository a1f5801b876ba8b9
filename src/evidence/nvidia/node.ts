import { toHex } from '../../core/bytes/hex.ts';
import { formatTime } from '../../core/encoding/time.ts';
import { weakestOf } from '../../core/x509/anchors.ts';
import { CheckList } from '../check-list.ts';
import { withLazyClaims } from '../lazy-claims.ts';
import { endorsementsOfAll } from '../relied-on.ts';
import { untilOfAll } from '../until.ts';
import { worstOf } from '../verdict.ts';
import type { Claims, Verification } from '../verification.ts';
import { weigh } from '../weigh.ts';
import {
  NVIDIA_TOPOLOGY_CHECKS,
  NVIDIA_TOPOLOGY_EXPECTED,
  type NvidiaTopologyCheckId,
} from './checks.ts';
import { readNvidiaEvidence } from './evidence-json.ts';
import { poolOcsp } from './given-ocsp.ts';
import type { NvidiaClocks, NvidiaDevice, NvidiaEndorsements, NvidiaRequests } from './input.ts';
import { modeOf } from './opaque.ts';
import { checkTopology, type DeviceCounts } from './topology.ts';
import type { NvidiaVerification, NvidiaVerifier } from './verifier.ts';

/** What a verification of all devices of one machine is about. */
export interface NvidiaNodeInput extends NvidiaEndorsements, NvidiaRequests {
  /** Each device, or evidence JSON as NVIDIA's tools write it, whose exact bytes may be bound elsewhere. */
  readonly devices: readonly NvidiaDevice[] | Uint8Array;
  readonly expected?: DeviceCounts;
  readonly at: NvidiaClocks;
}

/** The answer about a machine's devices together; that about each is a part of it. */
export interface NvidiaNodeVerification extends Verification {
  readonly evidence: 'bundle';
  readonly parts: readonly NvidiaVerification[];
}

/**
 * Verifies each device, and then that they are the devices of one machine: distinct, under one
 * challenge, in one mode, each switch naming the GPUs that are here and each GPU the switches.
 *
 * The verdict is over all of it. Manifests and OCSP responses are one pool for all devices.
 *
 * @param verifier remembers what devices share, and what stays from one time to the next.
 */
export function verifyNvidiaNode(
  given: NvidiaNodeInput,
  verifier: NvidiaVerifier,
): NvidiaNodeVerification {
  const checks = new CheckList<NvidiaTopologyCheckId>(NVIDIA_TOPOLOGY_CHECKS);
  const { devices: source, expected = {}, rims = [], ocsp = [], ...shared } = given;
  const devices = checks.read('nvidia.topology.format', () =>
    source instanceof Uint8Array ? readNvidiaEvidence(source) : source.map(copied),
  );
  const pool = { rims: verifier.readRims(rims), ocsp: poolOcsp(ocsp) };
  const parts = (devices ?? []).map((device) =>
    verifier.verifyAmong({ ...shared, ...device }, pool),
  );
  if (devices) checkTopology(checks, parts, expected);
  const own = weigh(checks.all, NVIDIA_TOPOLOGY_EXPECTED);
  const result = {
    evidence: 'bundle' as const,
    verdict: worstOf([own.verdict, ...parts.map(({ verdict }) => verdict)]),
    authentic: own.authentic && parts.every(({ authentic }) => authentic),
    anchors: weakestOf(parts.map(({ anchors }) => anchors)),
    revocation:
      parts.length > 0 && parts.every(({ revocation }) => revocation === 'checked')
        ? ('checked' as const)
        : ('unchecked' as const),
    at: formatTime(given.at.evidence),
    ...untilOfAll(parts),
    checks: checks.all,
    parts,
  };
  return withLazyClaims(
    result,
    () => nodeClaims(parts),
    () => endorsementsOfAll(parts),
  );
}

/** What is shared with the caller may change while the result is still being read. */
function copied(device: NvidiaDevice): NvidiaDevice {
  return { ...device, report: new Uint8Array(device.report) };
}

/** What is said of all of them, where they agree, and who they are. */
function nodeClaims(parts: readonly NvidiaVerification[]): Claims {
  const gpus = parts.filter(({ evidence }) => evidence === 'nvidia-gpu');
  const switches = parts.filter(({ evidence }) => evidence === 'nvidia-switch');
  const ueids = (devices: typeof parts) => devices.map(({ identity }) => identity?.ueid ?? null);
  const pdis = (devices: typeof parts) =>
    devices.map(({ identity }) => (identity?.pdi ? toHex(identity.pdi) : '')).toSorted();
  return {
    gpus: gpus.length,
    switches: switches.length,
    ...common('nonce', parts, ({ report }) => report && toHex(report.nonce)),
    ...common('driver', gpus, ({ opaque }) => opaque?.driverVersion),
    ...common('vbios', gpus, ({ opaque }) => opaque?.vbiosVersion),
    ...common('switchBios', switches, ({ opaque }) => opaque?.vbiosVersion),
    ...common('hwModel', gpus, ({ identity }) => identity?.hwModel),
    ...common('featureFlag', gpus, ({ opaque }) => opaque?.featureFlag),
    ...common('opaqueVersion', gpus, ({ opaque }) => opaque?.version),
    ...common('protectedPcie', gpus, ({ opaque }) => byteHex(opaque?.protectedPcieStatus)),
    ...common('chipInfo', gpus, ({ opaque }) => opaque?.chipInfo),
    ...common('mode', gpus, ({ opaque }) => opaque && modeOf(opaque)),
    gpuUeids: ueids(gpus),
    gpuPdis: pdis(gpus),
    ...(switches.length > 0 && { switchUeids: ueids(switches), switchPdis: pdis(switches) }),
  };
}

function byteHex(byte: number | undefined): string | undefined {
  return byte === undefined ? undefined : toHex(Uint8Array.of(byte));
}

/** Nothing where some differ, or say nothing: each device's own claims tell. */
function common(
  name: string,
  devices: readonly NvidiaVerification[],
  read: (device: NvidiaVerification) => string | number | undefined,
): Claims {
  const values = new Set(devices.map(read));
  const [value] = values;
  return values.size === 1 && value !== undefined ? { [name]: value } : {};
}
