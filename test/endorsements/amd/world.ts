import { afterEach } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { toPem } from '../../../src/core/encoding/pem.ts';
import { anchorFromCertificate, type TrustAnchor } from '../../../src/core/x509/anchors.ts';
import { AmdFolder } from '../../../src/endorsements/amd/folder.ts';
import { type KdsClientOptions, kdsClient } from '../../../src/endorsements/amd/kds.ts';
import { type LineKey, type VcekKey, vcekKey } from '../../../src/endorsements/amd/key.ts';
import {
  AmdEndorsementSource,
  type AmdEndorsementSourceOptions,
} from '../../../src/endorsements/amd/source.ts';
import type { Pace } from '../../../src/endorsements/amd/turns.ts';
import { kdsUrl } from '../../../src/endorsements/amd/url.ts';
import type { HttpLimits } from '../../../src/endorsements/http.ts';
import { parseSnpReport, type SnpReport } from '../../../src/evidence/snp/report.ts';
import { certificatesOf, crlOf } from '../../../src/simulator/snp/issue.ts';
import {
  type SnpPlan,
  type SnpPlanOptions,
  standardPlan,
} from '../../../src/simulator/snp/plan.ts';
import { encodeTcb } from '../../../src/simulator/snp/product.ts';
import { encodeSignedPart } from '../../../src/simulator/snp/report.ts';
import { emptyFolder } from '../world.ts';
import { FakeKds, type Served } from './fake-kds.ts';

export const DAY = 86_400_000;
/** When all that is made here is in date. */
export const now = standardPlan({}).at;

/** Short, so that a stalled service costs the suite little. */
export const LIMITS: HttpLimits = { deadlineMs: 400, maxBytes: 64 * 1024, pauseMs: 0 };
/** As patient as the usual one, and it never makes anybody wait. */
export const NO_PACE: Pace = { intervalMs: 0, burst: 1, mostWaiting: 1000, patienceMs: 90_000 };

/** A simulated chip and what AMD publishes above it. */
export interface AmdWorld {
  readonly key: VcekKey;
  readonly vcek: Uint8Array;
  /** PEM, the intermediate before the root. */
  readonly vcekChain: Uint8Array;
  readonly vlekChain: Uint8Array;
  readonly crl: Uint8Array;
  readonly anchor: TrustAnchor;
  /** 1184 bytes; its signature is zeros, which nobody looks at here. */
  readonly report: Uint8Array;
  /** All of it under the paths of AMD's service. */
  readonly served: Served;
}

export async function amdWorld(
  options: SnpPlanOptions = {},
  edit: (plan: SnpPlan) => void = () => undefined,
): Promise<AmdWorld> {
  const plan = standardPlan(options);
  edit(plan);
  const certificate = certificatesOf(plan);
  const pem = async (...names: string[]) => {
    const ders = await Promise.all(names.map(certificate));
    return utf8(ders.map((der) => toPem(der, 'CERTIFICATE')).join(''));
  };
  const { product: line, report: content } = plan;
  const hwid = toHex(content.chipId.subarray(0, line === 'turin' ? 8 : 64));
  const key = vcekKey(line, hwid, toHex(encodeTcb(line, content.reportedTcb)));
  const vcek = await certificate('vcek');
  const vcekChain = await pem('ask', 'ark');
  const vlekChain = await pem('asvk', 'ark');
  const crl = await crlOf(plan);
  const path = (kind: LineKey['kind'], signs: LineKey['signs']) => {
    return kdsUrl('', { kind, line, signs });
  };
  return {
    key,
    vcek,
    vcekChain,
    vlekChain,
    crl,
    anchor: anchorFromCertificate(await certificatesOf(standardPlan(options))('ark'), 'root'),
    report: concatBytes(encodeSignedPart(line, content), new Uint8Array(512)),
    served: new Map([
      [kdsUrl('', key), vcek],
      [path('chain', 'vcek'), vcekChain],
      [path('chain', 'vlek'), vlekChain],
      [path('crl', 'vcek'), crl],
      [path('crl', 'vlek'), crl],
    ]),
  };
}

/** Made once a test file, and never changed. */
export const world = await amdWorld();
export const { key } = world;
export const anchors: readonly TrustAnchor[] = [world.anchor];
export const CHAIN = { kind: 'chain', line: 'genoa', signs: 'vcek' } as const;
export const CRL = { kind: 'crl', line: 'genoa', signs: 'vcek' } as const;

/** A list with these dates, signed by the same root. */
export async function crlIssued(thisUpdate: string, nextUpdate: string): Promise<Uint8Array> {
  const { crl } = await amdWorld({}, (plan) => {
    plan.crl.thisUpdate = thisUpdate;
    plan.crl.nextUpdate = nextUpdate;
  });
  return crl;
}

export function parsed({ report }: Pick<AmdWorld, 'report'>): SnpReport {
  return parseSnpReport(report);
}

const running: FakeKds[] = [];

afterEach(async () => {
  for (const kds of running.splice(0)) await kds.stop();
});

export async function startKds(served: Served = world.served): Promise<FakeKds> {
  const kds = await FakeKds.start(served);
  running.push(kds);
  return kds;
}

/** A clock that only waiting moves, and the waits that there were. */
export class Clock {
  readonly waits: number[] = [];
  ms: number;

  constructor(ms: number = now) {
    this.ms = ms;
  }

  readonly now = () => this.ms;
  readonly pause = (ms: number) => {
    this.waits.push(ms);
    this.ms += ms;
    return Promise.resolve();
  };
}

export function clientOf(
  kds: FakeKds,
  { clock = new Clock(), ...more }: KdsClientOptions & { readonly clock?: Clock } = {},
) {
  const deps = { fetch: globalThis.fetch, now: clock.now, pause: clock.pause };
  return kdsClient(deps, kds.url, { limits: LIMITS, pace: NO_PACE, ...more });
}

export function sourceOf(kds: FakeKds, more: Partial<AmdEndorsementSourceOptions> = {}) {
  return new AmdEndorsementSource({ anchors, network: clientOf(kds), ...more });
}

export async function emptyAmdFolder(): Promise<AmdFolder> {
  return new AmdFolder(await emptyFolder());
}

/** A folder into which an honest service's documents were fetched. */
export async function filledFolder() {
  const kds = await startKds();
  const folder = await emptyAmdFolder();
  const source = sourceOf(kds, { folder });
  for (const one of [CHAIN, key, CRL]) {
    const { outcome } = await source.refresh(one, now);
    if (outcome !== 'accepted') throw new Error(`not stored: ${one.kind}`);
  }
  kds.requests.length = 0;
  return { kds, folder };
}
