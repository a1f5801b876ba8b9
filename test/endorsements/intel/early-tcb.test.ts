import { describe, expect, it } from 'vitest';
import { EarlyTcbWatch } from '../../../src/endorsements/intel/early-tcb.ts';
import { raisedBy } from '../../../src/endorsements/intel/raised-by.ts';
import type { TcbLack } from '../../../src/evidence/tdx/tcb-shortfall.ts';
import type { TdxPlan } from '../../../src/simulator/tdx/plan.ts';
import { createTdxPlatform } from '../../../src/simulator/tdx/platform.ts';
import { status } from '../fake-pccs.ts';
import {
  anchors,
  clientOf,
  DAY,
  LIMITS,
  now,
  platform,
  reissued,
  sourceOf,
  startPccs,
} from '../world.ts';

const early = (await createTdxPlatform({ channel: 'early' })).served;
const quote = platform.quote();
/** Nothing here is about time. */
const PATIENT = { ...LIMITS, deadlineMs: 10_000 };

/** Two services, so that each channel can be told what to say. */
async function watch(earlyServed = early, standardServed = platform.served) {
  const [standardPccs, earlyPccs] = [await startPccs(standardServed), await startPccs(earlyServed)];
  const made = new EarlyTcbWatch({
    anchors,
    standard: sourceOf(standardPccs, { network: clientOf(standardPccs, PATIENT) }),
    early: sourceOf(earlyPccs, { channel: 'early', network: clientOf(earlyPccs, PATIENT) }),
  });
  return { watch: made, standardPccs, earlyPccs };
}

describe('a platform under Intel’s early evaluation', () => {
  it('that will fall behind: by what, how far, and what raises it', async () => {
    const { watch: made, earlyPccs } = await watch();
    const found = await made.look(quote, now);
    expect(earlyPccs.requests.filter((url) => url.includes('update=early'))).toHaveLength(2);
    expect(found.standard).toMatchObject({
      status: 'UpToDate',
      evaluationDataNumber: 20,
      lacks: [],
    });
    expect(found.early).toMatchObject({
      status: 'OutOfDate',
      evaluationDataNumber: 21,
      summary: { advisories: ['INTEL-SA-01192'] },
    });
    if (found.early.status === undefined) throw new Error('not told');
    expect(found.early.lacks.length).toBeGreaterThan(0);
    for (const lack of found.early.lacks) {
      expect(lack.have).toBeLessThan(lack.need);
      expect(lack.raisedBy).not.toBe('');
    }
    // The sentences of the verification say the same of the same SVNs.
    const sentences = found.early.summary?.behind?.join('; ') ?? '';
    for (const { svn, have, need } of found.early.lacks) {
      expect(sentences).toMatch(
        new RegExp(`${svn}( \\(.*?\\))? has ${have}, UpToDate needs ${need}`),
      );
    }
    expect(found.warning).toMatch(
      /^OutOfDate once Intel’s early evaluation 21 is the standard, today UpToDate; platform SGX component 1 has \d, needs 5: .*; see INTEL-SA-01192$/,
    );
  });

  it('that is up to date under both: no warning', async () => {
    const { watch: made } = await watch(platform.served);
    const found = await made.look(quote, now);
    expect(found.early).toMatchObject({ status: 'UpToDate', lacks: [] });
    expect(found).not.toHaveProperty('warning');
  });

  it('that is behind already: no news', async () => {
    const { watch: made } = await watch(early, early);
    const found = await made.look(quote, now);
    expect(found.standard.status).toBe('OutOfDate');
    expect(found).not.toHaveProperty('warning');
  });

  it.each<{ name: string; edit: (plan: TdxPlan) => void; status: string }>([
    {
      name: 'below every level',
      edit: ({ tcbInfo }) => {
        tcbInfo.content.tcbLevels = tcbInfo.content.tcbLevels.slice(0, 1);
        for (const { tcb } of tcbInfo.content.tcbLevels) tcb.pcesvn = 99;
      },
      status: 'Unsupported',
    },
    {
      name: 'of a TDX module that is not listed',
      edit: ({ tcbInfo }) => {
        tcbInfo.content.tdxModuleIdentities = [];
      },
      status: 'Unsupported',
    },
    {
      name: 'revoked',
      edit: ({ tcbInfo }) => {
        for (const level of tcbInfo.content.tcbLevels) level.tcbStatus = 'Revoked';
      },
      status: 'Revoked',
    },
    {
      name: 'in need of another configuration',
      edit: ({ tcbInfo }) => {
        for (const level of tcbInfo.content.tcbLevels) level.tcbStatus = 'ConfigurationNeeded';
      },
      status: 'ConfigurationNeeded',
    },
  ])('$name: a warning', async ({ edit, status: want }) => {
    const { watch: made } = await watch(await reissued(edit));
    const found = await made.look(quote, now);
    expect(found.early.status).toBe(want);
    expect(found.warning).toMatch(new RegExp(`^${want} once .*, today UpToDate`));
  });
});

it('a TD that is refused for another reason is told of its platform all the same', async () => {
  const debug = platform.quote({
    body: { tdAttributes: Uint8Array.of(1, 0, 0, 0x10, 0, 0, 0, 0) },
  });
  const { watch: made } = await watch();
  expect(await made.look(debug, now)).toMatchObject({
    standard: { status: 'UpToDate' },
    early: { status: 'OutOfDate' },
  });
});

describe('what nobody can tell is not called good, and warns of nothing', () => {
  it('early documents that can’t be had', async () => {
    const { watch: made, earlyPccs } = await watch();
    earlyPccs.behave(status(404));
    const found = await made.look(quote, now);
    expect(found.standard.status).toBe('UpToDate');
    expect(found.early).toEqual({
      status: undefined,
      because: expect.stringContaining('HTTP 404'),
    });
    expect(found).not.toHaveProperty('warning');
  });

  it('documents that have ended', async () => {
    const { watch: made, earlyPccs } = await watch();
    await made.look(quote, now);
    earlyPccs.behave(status(503));
    const { early: later } = await made.look(quote, now + 60 * DAY);
    expect(later).toEqual({ status: undefined, because: expect.stringContaining('2026') });
  });

  it('a source that serves another evaluation’s forgery', async () => {
    const forged = {
      ...early,
      tcbInfo: { ...early.tcbInfo, body: early.tcbInfo.body.replace('OutOfDate', 'UpToDate') },
    };
    const { watch: made } = await watch(forged);
    expect((await made.look(quote, now)).early).toEqual({
      status: undefined,
      because: expect.stringContaining('tdx.tcb_info.signature'),
    });
  });

  it.each([
    { name: 'no quote', bytes: new Uint8Array(10), because: /quote/ },
    { name: 'a quote that nobody signed', bytes: damaged(quote), because: /tdx\.quote\.signature/ },
  ])('$name', async ({ bytes, because }) => {
    const { watch: made } = await watch();
    const found = await made.look(bytes, now);
    for (const standing of [found.standard, found.early]) {
      expect(standing).toEqual({ status: undefined, because: expect.stringMatching(because) });
    }
    expect(found).not.toHaveProperty('warning');
  });
});

/** With another MRTD than was signed. */
function damaged(bytes: Uint8Array): Uint8Array {
  const at = 48 + 136;
  return bytes.with(at, (bytes[at] ?? 0) ^ 1);
}

describe('what raises an SVN', () => {
  const lack = (component: TcbLack['component'], svn: string, words: Partial<TcbLack> = {}) => ({
    component,
    svn,
    have: 1,
    need: 2,
    ...words,
  });
  it.each([
    [lack('QE', 'ISVSVN'), /quoting enclave/],
    [lack('TDX module', 'ISVSVN'), /TDX module.*started anew/],
    [lack('platform', 'PCESVN'), /PCE.*new PCK certificate/],
    [
      lack('platform', 'SGX component 1', { category: 'BIOS', type: 'Early Microcode Update' }),
      /^an update of the host’s BIOS \(Early Microcode Update\), and a new PCK certificate$/,
    ],
    [
      lack('platform', 'SGX component 2', {
        category: 'OS/VMM',
        type: 'SGX Late Microcode Update',
      }),
      /operating system \(SGX Late Microcode Update\), and a new PCK/,
    ],
    [lack('platform', 'SGX component 9'), /^an update of the host’s firmware, and a new PCK/],
    [lack('platform', 'TDX component 1', { category: 'OS/VMM', type: 'TDX Module' }), /TDX module/],
    [
      lack('platform', 'TDX component 3', {
        category: 'OS/VMM',
        type: 'TDX Late Microcode Update',
      }),
      /^newer TDX Late Microcode Update on the host, from the host’s operating system$/,
    ],
  ])('%o', (one, says) => {
    expect(raisedBy(one)).toMatch(says);
  });
});
