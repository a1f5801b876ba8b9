import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect } from 'vitest';
import { anchorFromCertificate, type TrustAnchor } from '../../src/core/x509/anchors.ts';
import { EndorsementFolder } from '../../src/endorsements/folder.ts';
import type { HttpLimits } from '../../src/endorsements/http.ts';
import { pcsBase } from '../../src/endorsements/intel/base-url.ts';
import { tdxEndorsementKey } from '../../src/endorsements/intel/key.ts';
import type { PcsClient } from '../../src/endorsements/intel/pcs.ts';
import {
  TdxEndorsementSource,
  type TdxEndorsementSourceOptions,
} from '../../src/endorsements/source.ts';
import type { ServedEndorsements } from '../../src/simulator/tdx/endorsements.ts';
import type { TdxPlan } from '../../src/simulator/tdx/plan.ts';
import { createTdxPlatform } from '../../src/simulator/tdx/platform.ts';
import { FakePccs } from './fake-pccs.ts';

/** Short, so that a stalled source costs the suite little. */
export const LIMITS: HttpLimits = { deadlineMs: 400, maxBytes: 256 * 1024, pauseMs: 5 };

/** One simulated platform for all tests of a file: it is made once and never changed. */
export const platform = await createTdxPlatform();
export const anchors: readonly TrustAnchor[] = [anchorFromCertificate(platform.root, 'root')];
export const wanted = { fmspc: platform.served.fmspc, ca: platform.served.ca };
export const now = platform.at;
export const DAY = 86_400_000;

const cleanUps: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

export async function startPccs(served: ServedEndorsements = platform.served): Promise<FakePccs> {
  const pccs = await FakePccs.start(served);
  cleanUps.push(() => pccs.stop());
  return pccs;
}

export async function emptyFolder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'postern-endorsements-'));
  cleanUps.push(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

export function clientOf(pccs: FakePccs, limits: HttpLimits = LIMITS): PcsClient {
  return { fetch: globalThis.fetch, base: pcsBase(pccs.url), limits };
}

/** Validly signed endorsements after an edit of the plan. */
export async function reissued(edit: (plan: TdxPlan) => void): Promise<ServedEndorsements> {
  return (await platform.reissue(edit)).served;
}

/** What Intel published a week before the rest: in date still, and signed by the same keys. */
export function olderTcbInfo(): Promise<ServedEndorsements> {
  return reissued(({ tcbInfo }) => {
    tcbInfo.content.issueDate = '2026-05-13T10:16:03Z';
  });
}

export const key = tdxEndorsementKey(wanted, 'standard');

export function sourceOf(pccs: FakePccs, more: Partial<TdxEndorsementSourceOptions> = {}) {
  return new TdxEndorsementSource({
    anchors,
    channel: 'standard',
    network: clientOf(pccs),
    ...more,
  });
}

export function offline(folder: EndorsementFolder): TdxEndorsementSource {
  return new TdxEndorsementSource({ anchors, channel: 'standard', folder });
}

/** A folder into which an honest source put the platform's set. */
export async function filledFolder(served: ServedEndorsements = platform.served) {
  const pccs = await startPccs(served);
  const folder = new EndorsementFolder(await emptyFolder());
  const stored = await sourceOf(pccs, { folder }).refresh(wanted, now);
  expect(stored.outcome).toBe('accepted');
  return { pccs, folder };
}
