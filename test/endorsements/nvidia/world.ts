import { afterEach } from 'vitest';
import { anchorFromCertificate } from '../../../src/core/x509/anchors.ts';
import { type Certificate, parseCertificate } from '../../../src/core/x509/certificate.ts';
import type { GateLimits } from '../../../src/endorsements/gate.ts';
import type { HttpLimits } from '../../../src/endorsements/http.ts';
import type { NvidiaNetwork } from '../../../src/endorsements/nvidia/arrival.ts';
import { NvidiaFolder } from '../../../src/endorsements/nvidia/folder.ts';
import { ocspClient, type RandomBytes } from '../../../src/endorsements/nvidia/ocsp-service.ts';
import { rimClient } from '../../../src/endorsements/nvidia/rim-service.ts';
import type { ServiceKey } from '../../../src/endorsements/nvidia/service-key.ts';
import {
  NvidiaEndorsementSource,
  type NvidiaEndorsementSourceOptions,
} from '../../../src/endorsements/nvidia/source.ts';
import { type OcspWant, ocspWants, type RimWant } from '../../../src/endorsements/nvidia/want.ts';
import type { NvidiaAnchors } from '../../../src/evidence/nvidia/anchors.ts';
import type { NvidiaDevice } from '../../../src/evidence/nvidia/input.ts';
import { certificateOf, ocspOf, rimOf } from '../../../src/simulator/nvidia/issue.ts';
import type { OcspPlan } from '../../../src/simulator/nvidia/ocsp.ts';
import type {
  NvidiaPlan,
  NvidiaPlanOptions,
  OcspName,
} from '../../../src/simulator/nvidia/plan.ts';
import { createNvidiaPlatform } from '../../../src/simulator/nvidia/platform.ts';
import type { RimPlan } from '../../../src/simulator/nvidia/rim.ts';
import { emptyFolder } from '../world.ts';
import { FakeNvidia, type ServedNvidia } from './fake-nvidia.ts';

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

export const LIMITS: HttpLimits = { deadlineMs: 10_000, maxBytes: 256 * 1024, pauseMs: 5 };
/** So that a stalled service costs the suite little. */
export const SHORT: HttpLimits = { ...LIMITS, deadlineMs: 400 };

/** A simulated device and what NVIDIA publishes above it. */
export interface NvidiaWorld {
  readonly device: NvidiaDevice;
  readonly anchors: NvidiaAnchors;
  readonly plan: NvidiaPlan;
  readonly rims: { readonly driver: Uint8Array; readonly vbios: Uint8Array };
  readonly served: ServedNvidia;
  /** What is asked for, by the names of the plan. */
  readonly wants: Record<'driver' | 'vbios', RimWant> & Record<OcspName, OcspWant>;
}

export function nvidiaWorld(
  options: NvidiaPlanOptions = {},
  edit: (plan: NvidiaPlan) => void = () => undefined,
): NvidiaWorld {
  const { plan, report, chain, roots } = createNvidiaPlatform({ ...options, edit });
  const certificates = (...names: string[]): readonly Certificate[] =>
    names.map((name) => parseCertificate(certificateOf(plan, name), name));
  const device = certificates('brom', 'provisioner', 'identity', 'root');
  const wantOf = (chained: readonly Certificate[], owner: 'device' | 'rim'): OcspWant => {
    const [want] = ocspWants(chained, owner);
    if (want === undefined) throw new Error('no want');
    return want;
  };
  const above = certificates('rimL3', 'rimCa', 'rimRoot');
  const wants = {
    driver: { kind: 'rim', id: plan.rims.driver.id, product: plan.rims.driver.product } as const,
    vbios: { kind: 'rim', id: plan.rims.vbios.id, product: plan.rims.vbios.product } as const,
    brom: wantOf(device, 'device'),
    provisioner: wantOf(device.slice(1), 'device'),
    identity: wantOf(device.slice(2), 'device'),
    driverSigner: wantOf([...certificates('driverSigner'), ...above], 'rim'),
    vbiosSigner: wantOf([...certificates('vbiosSigner'), ...above], 'rim'),
    rimL3: wantOf(above, 'rim'),
    rimCa: wantOf(above.slice(1), 'rim'),
  };
  const names = Object.keys(plan.ocsp) as OcspName[];
  const rims = { driver: rimOf(plan, 'driver'), vbios: rimOf(plan, 'vbios') };
  return {
    device: { report: report(), chain },
    anchors: {
      device: [anchorFromCertificate(roots.device, 'root')],
      rim: [anchorFromCertificate(roots.rim, 'root')],
    },
    plan,
    rims,
    served: {
      rims: new Map([
        [plan.rims.driver.id, rims.driver],
        [plan.rims.vbios.id, rims.vbios],
      ]),
      ocsp: names.map((name) => ({
        name,
        subject: wants[name].subject,
        respond: responder(plan, name),
      })),
    },
    wants,
  };
}

/** Signing takes its time: without a nonce it is done once. */
function responder(plan: NvidiaPlan, name: OcspName) {
  let made: Uint8Array | undefined;
  return (nonce: Uint8Array | undefined) => {
    if (nonce !== undefined) return responseOf(plan, name, { nonce });
    made ??= responseOf(plan, name);
    return made;
  };
}

/** Made once a test file, and never changed. */
export const world = nvidiaWorld();
export const { anchors, wants, device } = world;
export const now = world.plan.at.evidence;
export const at = world.plan.at;

/** What the responder says with one thing changed. */
export function responseOf(
  plan: NvidiaPlan,
  name: OcspName,
  change: Partial<OcspPlan> = {},
): Uint8Array {
  const ocsp = { ...plan.ocsp, [name]: { ...plan.ocsp[name], ...change } };
  return ocspOf({ ...plan, ocsp }, name).response;
}

export function response(name: OcspName, change: Partial<OcspPlan> = {}): Uint8Array {
  return responseOf(world.plan, name, change);
}

/** The manifest of this kind with one thing changed, and signed. */
export function manifest(name: 'driver' | 'vbios', change: Partial<RimPlan> = {}): Uint8Array {
  const rims = { ...world.plan.rims, [name]: { ...world.plan.rims[name], ...change } };
  return rimOf({ ...world.plan, rims }, name);
}

/** The manifest as another signer issued it: with a certificate of these dates. */
export function manifestSigned(
  name: 'driver' | 'vbios',
  notBefore: string,
  notAfter: string,
): Uint8Array {
  const signer = `${name}Signer` as const;
  const certificate = { ...world.plan.certificates[signer], notBefore, notAfter };
  const certificates = { ...world.plan.certificates, [signer]: certificate };
  return rimOf({ ...world.plan, certificates } as NvidiaPlan, name);
}

const running: FakeNvidia[] = [];

afterEach(async () => {
  for (const nvidia of running.splice(0)) await nvidia.stop();
});

export async function startNvidia(served: ServedNvidia = world.served): Promise<FakeNvidia> {
  const nvidia = await FakeNvidia.start(served);
  running.push(nvidia);
  return nvidia;
}

interface NetworkOptions {
  readonly clock?: () => number;
  readonly gate?: GateLimits;
  readonly nonce?: RandomBytes;
  readonly serviceKey?: ServiceKey;
  readonly limits?: HttpLimits;
}

export function networkOf(
  nvidia: FakeNvidia,
  { clock = () => now, gate, nonce, serviceKey, limits = LIMITS }: NetworkOptions = {},
): NvidiaNetwork {
  const deps = { fetch: globalThis.fetch, now: clock };
  const common = { limits, ...(gate && { gate }) };
  return {
    rim: rimClient(deps, nvidia.url, { ...common, ...(serviceKey && { serviceKey }) }),
    ocsp: ocspClient(deps, nvidia.ocspUrl, { ...common, ...(nonce && { nonce }) }),
  };
}

export function sourceOf(
  nvidia: FakeNvidia,
  more: Partial<NvidiaEndorsementSourceOptions> = {},
): NvidiaEndorsementSource {
  return new NvidiaEndorsementSource({ anchors, network: networkOf(nvidia), ...more });
}

export function offline(folder: NvidiaFolder): NvidiaEndorsementSource {
  return new NvidiaEndorsementSource({ anchors, folder });
}

export async function emptyNvidiaFolder(): Promise<NvidiaFolder> {
  return new NvidiaFolder(await emptyFolder());
}

/** A folder into which honest services' documents were fetched. */
export async function filledFolder() {
  const nvidia = await startNvidia();
  const folder = await emptyNvidiaFolder();
  await sourceOf(nvidia, { folder }).forDevice(device, at);
  nvidia.seen.length = 0;
  return { nvidia, folder };
}
