import { beforeAll, describe, expect, it } from 'vitest';
import { anchorFromCertificate } from '../../../src/core/x509/anchors.ts';
import { parseQuote } from '../../../src/evidence/tdx/quote.ts';
import { Remembered } from '../../../src/evidence/tdx/remembered.ts';
import { type SimulatedTdx, simulateTdx } from '../../../src/simulator/tdx/simulate.ts';

let good: SimulatedTdx;
let remembered: Remembered;

beforeAll(async () => {
  good = await simulateTdx();
  remembered = new Remembered([anchorFromCertificate(good.root, 'root')], 16);
});

describe('collateral', () => {
  const read = (change: object) => {
    const { chain } = remembered.platform(parseQuote(good.quote));
    return remembered.endorsements({ ...good.collateral, ...change }, chain, undefined);
  };

  it('that is good is read once', () => {
    expect(read({})).toBe(read({}));
  });

  it('that differs in what nobody looks at is the same', () => {
    expect(read({ pck_crl_issuer_chain: 'x'.repeat(1e6) })).toBe(read({}));
  });

  it.each([
    ['a forged signature', { tcb_info_signature: '00'.repeat(64) }],
    ['a missing list', { root_ca_crl: undefined }],
    ['a list padded beyond any real size', { pck_crl: `00${' '.repeat(9e6)}` }],
  ])('with %s is not kept', (_, change) => {
    expect(read(change)).not.toBe(read(change));
  });

  it('in another case of hex digits is another set, as good as the first', () => {
    const change = { tcb_info_signature: good.collateral.tcb_info_signature?.toUpperCase() };
    const { checks } = read(change).endorsements;
    expect(checks.every(({ outcome }) => outcome === 'pass')).toBe(true);
    expect(read(change)).not.toBe(read({}));
  });

  it('that is good but enormous is read, and not kept', () => {
    const change = { root_ca_crl: `${good.collateral.root_ca_crl}${' '.repeat(9e6)}` };
    const [first, second] = [read(change), read(change)];
    expect(first.endorsements.checks.every(({ outcome }) => outcome === 'pass')).toBe(true);
    expect(second).not.toBe(first);
  });
});

it('a quote without a platform pushes nothing out', () => {
  const { chain } = remembered.platform(parseQuote(good.quote));
  const held = remembered.endorsements(good.collateral, chain, undefined);
  remembered.endorsements(good.collateral, undefined, undefined);
  expect(remembered.endorsements(good.collateral, chain, undefined)).toBe(held);
});

describe('platforms', () => {
  it('that are good are read once', () => {
    const read = () => remembered.platform(parseQuote(good.quote));
    expect(read()).toBe(read());
  });

  it('of another root, or with a broken QE report, are not kept', async () => {
    const other = await simulateTdx({ seed: 'another world' });
    const broken = await simulateTdx({ fault: 'qe_report_bad_sig' });
    for (const { quote } of [other, broken]) {
      const read = () => remembered.platform(parseQuote(quote));
      expect(read()).not.toBe(read());
    }
  });
});
