import { beforeAll, describe, expect, it } from 'vitest';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { anchorFromCertificate, INTEL_SGX_ROOT } from '../../../src/core/x509/anchors.ts';
import { clocksAt } from '../../../src/evidence/tdx/clocks.ts';
import type { TdxCollateral } from '../../../src/evidence/tdx/collateral.ts';
import { readEventLog } from '../../../src/evidence/tdx/event-log/read.ts';
import type { TdxInput } from '../../../src/evidence/tdx/input.ts';
import { quotePlatform } from '../../../src/evidence/tdx/platform.ts';
import { type TdxVerification, TdxVerifier } from '../../../src/evidence/tdx/verifier.ts';
import { verifyTdxCollateral } from '../../../src/evidence/tdx/verify-collateral.ts';
import type { SimulatedTdx } from '../../../src/simulator/tdx/simulate.ts';
import { simulateTdx } from '../../../src/simulator/tdx/simulate.ts';
import { faultOf } from '../../support/fault-of.ts';

let good: SimulatedTdx;
let other: SimulatedTdx;
let verifier: TdxVerifier;
let input: TdxInput;

beforeAll(async () => {
  good = await simulateTdx();
  other = await simulateTdx({ seed: 'another world' });
  verifier = new TdxVerifier([anchorFromCertificate(good.root, 'root')]);
  input = { quote: good.quote, collateral: good.collateral, at: clocksAt(good.at) };
});

function answers(result: Pick<TdxVerification, 'checks'>, outcome: string): string[] {
  return result.checks.filter((check) => check.outcome === outcome).map((check) => check.id);
}

it('accepts good evidence, every check answered', () => {
  const result = verifier.verify(input);
  expect(result).toMatchObject({
    verdict: 'accept',
    authentic: true,
    anchors: 'simulator',
    revocation: 'checked',
    tcb: { status: 'UpToDate', behind: [] },
  });
  expect(answers(result, 'pass')).toHaveLength(result.checks.length);
});

it('reads a quote and collateral out of larger buffers alike', () => {
  const padded = concatBytes(Uint8Array.of(1, 2, 3), good.quote).subarray(3);
  expect(verifier.verify({ ...input, quote: padded })).toEqual(verifier.verify(input));
});

it('gives the same answer with and without memory', () => {
  const remembering = verifier.verify(input);
  const fresh = new TdxVerifier([anchorFromCertificate(good.root, 'root')], 1).verify(input);
  expect(fresh).toEqual(remembering);
});

describe('a clock that is no instant', () => {
  it.each([
    ['evidence', ['tdx.clock', 'tdx.pck.validity'], []],
    ['tcbInfo', ['tdx.clock'], ['tdx.tcb_info.validity']],
    ['qeIdentity', ['tdx.clock'], ['tdx.qe_identity.validity']],
    ['crl', ['tdx.clock'], ['tdx.root_crl.validity', 'tdx.pck_crl.validity']],
  ])('%s', (clock, failed, unresolved) => {
    for (const ms of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const result = verifier.verify({ ...input, at: { ...clocksAt(good.at), [clock]: ms } });
      expect(result.verdict).toBe('reject');
      expect(answers(result, 'fail')).toEqual(failed);
      expect(answers(result, 'unresolved')).toEqual(unresolved);
    }
  });
});

describe('collateral as a file', () => {
  it('is the same as collateral as strings', () => {
    const file = utf8(JSON.stringify(good.collateral));
    expect(verifier.verify({ ...input, collateral: file }).verdict).toBe('accept');
  });

  it.each([
    ['not JSON', 'garbage'],
    ['duplicate member', '{"tcb_info":"","tcb_info":""}'],
    ['deep nesting', `{"a":${'['.repeat(1e5)}${']'.repeat(1e5)}}`],
    ['a member of another type', '{"tcb_info":{}}'],
    ['an array', '[]'],
    ['nothing', ''],
  ])('%s is a failed check', (_, text) => {
    const result = verifier.verify({ ...input, collateral: utf8(text) });
    expect(result.verdict).toBe('reject');
    expect(answers(result, 'fail')).toEqual(['tdx.collateral.format']);
    expect(result.authentic).toBe(false);
  });
});

it('without any collateral nothing fails, and nothing is accepted', () => {
  const result = verifier.verify({ ...input, collateral: {} });
  expect(result).toMatchObject({
    verdict: 'indeterminate',
    authentic: false,
    revocation: 'unchecked',
  });
  expect(answers(result, 'fail')).toEqual([]);
  expect(answers(result, 'unresolved')).toEqual([
    'tdx.root_crl.format',
    'tdx.pck_crl.format',
    'tdx.tcb_info.format',
    'tdx.qe_identity.format',
    'tdx.pck.revocation',
  ]);
});

describe('a floor of the evaluation data number', () => {
  const number = () => Number(verifier.verify(input).claims['tcbEvaluationDataNumber']);

  it('passes at the floor', () => {
    const result = verifier.verify({ ...input, minEvaluationDataNumber: number() });
    expect(result.verdict).toBe('accept');
    expect(answers(result, 'pass')).toContain('tdx.tcb.evaluation_data_number');
  });

  it('fails below it', () => {
    const result = verifier.verify({ ...input, minEvaluationDataNumber: number() + 1 });
    expect(answers(result, 'fail')).toEqual(['tdx.tcb.evaluation_data_number']);
  });

  it('is unanswered without the documents that carry it', () => {
    const { tcb_info: _, ...rest } = good.collateral;
    const result = verifier.verify({ ...input, collateral: rest, minEvaluationDataNumber: 1 });
    expect(result.verdict).toBe('indeterminate');
  });
});

describe('report data', () => {
  it('is compared whole', () => {
    const reportData = verifier.verify(input).quote?.body.reportData;
    if (reportData === undefined) throw new Error('no quote');
    const verdict = (value: Uint8Array) => verifier.verify({ ...input, reportData: value }).verdict;
    expect(verdict(reportData)).toBe('accept');
    expect(verdict(reportData.with(63, (reportData[63] ?? 0) ^ 1))).toBe('reject');
    expect(verdict(reportData.subarray(0, 32))).toBe('reject');
    expect(verdict(concatBytes(reportData, Uint8Array.of(0)))).toBe('reject');
    expect(verdict(new Uint8Array())).toBe('reject');
  });
});

describe('an expected event log', () => {
  it('is the one that happened', () => {
    const { ccelLog: log, ccelTable: table } = good;
    const result = verifier.verify({ ...input, eventLog: { log, table, expected: log } });
    expect(result.verdict).toBe('accept');
    expect(answers(result, 'pass')).toContain('tdx.event_log.expected');
  });

  /** The log with one bit of its second event's digest turned. */
  function changedLog(): Uint8Array {
    const digest = readEventLog(good.ccelLog).events[1]?.digest ?? new Uint8Array();
    const at = toHex(good.ccelLog).indexOf(toHex(digest)) / 2;
    return good.ccelLog.with(at, (digest[0] ?? 0) ^ 1);
  }

  it('names the first event that departs', () => {
    const { ccelLog: log } = good;
    const result = verifier.verify({ ...input, eventLog: { log, expected: changedLog() } });
    const wanted = readEventLog(log).events[1];
    const check = result.checks.find(({ id }) => id === 'tdx.event_log.expected');
    expect(answers(result, 'fail')).toEqual(['tdx.event_log.expected']);
    expect(check).toMatchObject({ got: expect.stringContaining(toHex(wanted?.digest ?? log)) });
  });

  it('tells nothing when the log does not replay', () => {
    const eventLog = { log: changedLog(), expected: good.ccelLog };
    const result = verifier.verify({ ...input, eventLog });
    expect(result.verdict).toBe('reject');
    expect(answers(result, 'unresolved')).toEqual(['tdx.event_log.expected']);
    expect(answers(result, 'fail')).toHaveLength(1);
  });
});

describe('roots', () => {
  it('the simulator’s is never trusted unless named', () => {
    const result = new TdxVerifier([INTEL_SGX_ROOT]).verify(input);
    expect(result).toMatchObject({ verdict: 'reject', authentic: false, anchors: 'vendor' });
    expect(answers(result, 'fail')).toContain('tdx.pck.root');
  });

  it('no root, no trust', () => {
    const result = new TdxVerifier([]).verify(input);
    expect(answers(result, 'fail')).toContain('tdx.pck.root');
  });

  it('evidence can’t borrow another platform’s collateral or chain', () => {
    const mixed = verifier.verify({ ...input, quote: other.quote });
    expect(mixed.verdict).toBe('reject');
  });
});

describe('memory', () => {
  it('never lends a good answer to changed collateral with the same signatures', () => {
    expect(verifier.verify(input).verdict).toBe('accept');
    const forged: TdxCollateral = {
      ...good.collateral,
      tcb_info: good.collateral.tcb_info?.replace('"OutOfDate"', '"UpToDate" ') ?? '',
    };
    expect(forged.tcb_info).not.toBe(good.collateral.tcb_info);
    expect(answers(verifier.verify({ ...input, collateral: forged }), 'fail')).toEqual([
      'tdx.tcb_info.signature',
    ]);
    expect(verifier.verify(input).verdict).toBe('accept');
  });

  it('is not fooled by a collateral object that is changed afterwards', () => {
    const mutable = { ...good.collateral };
    expect(verifier.verify({ ...input, collateral: mutable }).verdict).toBe('accept');
    delete mutable.root_ca_crl;
    expect(verifier.verify({ ...input, collateral: mutable }).verdict).toBe('indeterminate');
  });

  it('does not outlive validity: the same bytes a year later are unresolved', () => {
    const later = clocksAt(good.at + 366 * 24 * 3600 * 1000);
    expect(verifier.verify(input).verdict).toBe('accept');
    const result = verifier.verify({ ...input, at: { ...later, evidence: good.at } });
    expect(result.verdict).toBe('indeterminate');
    expect(answers(result, 'unresolved')).toEqual([
      'tdx.root_crl.validity',
      'tdx.pck_crl.validity',
      'tdx.tcb_info.validity',
      'tdx.qe_identity.validity',
    ]);
  });
});

describe('collateral by itself', () => {
  const verify = (collateral: TdxCollateral) =>
    verifyTdxCollateral(collateral, {
      anchors: [anchorFromCertificate(good.root, 'root')],
      at: clocksAt(good.at),
    });

  it('is accepted when all of it is the vendor’s and in date', () => {
    expect(verify(good.collateral)).toMatchObject({ verdict: 'accept', authentic: true });
  });

  it('wants the PCK CRL’s issuer', () => {
    const { pck_crl_issuer_chain: _, ...rest } = good.collateral;
    const result = verify(rest);
    expect(result.verdict).toBe('indeterminate');
    expect(answers(result, 'unresolved')).toEqual(['tdx.pck_crl.signer']);
  });

  it('refuses an issuer chain that is none of a PCK CA', () => {
    const { tcb_info_issuer_chain: chain = '' } = good.collateral;
    const result = verify({ ...good.collateral, pck_crl_issuer_chain: chain });
    expect(answers(result, 'fail')).toEqual(['tdx.pck_crl.signer']);
  });

  it.each(['root_ca_crl', 'pck_crl', 'tcb_info', 'qe_identity'] as const)(
    'without %s it is indeterminate',
    (member) => {
      const { [member]: _, ...rest } = good.collateral;
      expect(verify(rest).verdict).toBe('indeterminate');
    },
  );
});

describe('the platform of a quote', () => {
  it('is what its PCK chain proves', () => {
    const anchors = [anchorFromCertificate(good.root, 'root')];
    expect(quotePlatform(good.quote, anchors)).toEqual({
      fmspc: verifier.verify(input).claims['fmspc'],
      ca: 'platform',
    });
  });

  it('is not believed under another root', () => {
    const fault = faultOf(() => quotePlatform(good.quote, [INTEL_SGX_ROOT]));
    expect(fault).toMatchObject({ code: 'malformed', at: 'quote.certification_data' });
  });
});

describe('what a result holds', () => {
  it('does not change with the caller’s buffer', () => {
    const buffer = good.quote.slice();
    const result = verifier.verify({ ...input, quote: buffer });
    const before = result.claims['mrTd'];
    buffer.fill(0xaa);
    expect(result.claims['mrTd']).toBe(before);
  });

  it('nor do an event log’s proven parts with the buffer it came in', () => {
    const log = good.ccelLog.slice();
    const result = verifier.verify({ ...input, eventLog: { log } });
    const before = JSON.stringify(result.claims['eventLog']);
    log.fill(0x41);
    expect(JSON.stringify(result.claims['eventLog'])).toBe(before);
  });

  it.each([null, undefined, 'text', 5])('is a failed check for collateral %o', (collateral) => {
    const result = verifier.verify({
      ...input,
      collateral: collateral as unknown as TdxCollateral,
    });
    expect(answers(result, 'fail')).toEqual(['tdx.collateral.format']);
  });

  it.each([{ tcb_info: 5 }, { tcb_info: null }, { root_ca_crl: {} }])(
    'is a failed check for collateral that is no collateral: %o',
    (members) => {
      const collateral = { ...good.collateral, ...members } as unknown as TdxCollateral;
      const result = verifier.verify({ ...input, collateral });
      expect(answers(result, 'fail')).toEqual(['tdx.collateral.format']);
      expect(result.verdict).not.toBe('accept');
    },
  );

  it('says why endorsements are missing, where somebody knows', () => {
    const missing = 'https://example.test: connection refused';
    const result = verifier.verify({ ...input, collateral: {}, collateralMissing: missing });
    const open = result.checks.filter(({ outcome }) => outcome === 'unresolved');
    expect(open.filter(({ because }) => because?.includes(missing))).toHaveLength(4);
  });

  it('marks a TCB that the vendor’s word does not stand behind', async () => {
    const forged = await simulateTdx({ fault: 'qe_bad_sig' });
    const result = verifier.verify({ ...input, collateral: forged.collateral });
    expect(result.tcb).toMatchObject({ status: 'UpToDate', endorsed: false });
    expect(verifier.verify(input).tcb).toMatchObject({ endorsed: true });
  });

  it('calls nothing of an event log proven under a quote that is not authentic', async () => {
    const forged = await simulateTdx({ fault: 'quote_bad_sig', workload: 'dstack' });
    const result = verifier.verify({
      ...input,
      quote: forged.quote,
      eventLog: { log: forged.dstackLog },
    });
    expect(result.authentic).toBe(false);
    const { events } = result.claims['eventLog'] as unknown as { events: { proven: object }[] };
    expect(events.length).toBeGreaterThan(5);
    expect(events.filter(({ proven }) => Object.keys(proven).length > 0)).toEqual([]);
  });

  it('revocation was checked also when it says "revoked"', async () => {
    const revoked = await simulateTdx({ fault: 'pck_revoked' });
    const result = verifier.verify({
      ...input,
      quote: revoked.quote,
      collateral: revoked.collateral,
    });
    expect(answers(result, 'fail')).toEqual(['tdx.pck.revocation']);
    expect(result.revocation).toBe('checked');
  });
});

it('an expected log can’t vouch for what RTMR3 holds beside the log', async () => {
  const dstack = await simulateTdx({ workload: 'dstack' });
  const { ccelLog: log } = dstack;
  const result = verifier.verify({
    quote: dstack.quote,
    collateral: dstack.collateral,
    at: clocksAt(dstack.at),
    eventLog: { log, expected: log },
  });
  expect(answers(result, 'unresolved')).toEqual(['tdx.event_log.expected']);
  expect(answers(result, 'skipped')).toEqual(['tdx.event_log.rtmr3']);
  expect(result.verdict).toBe('indeterminate');
});
