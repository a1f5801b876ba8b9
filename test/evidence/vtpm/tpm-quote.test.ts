import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { Fault } from '../../../src/core/fault.ts';
import { parseTpmQuote, type TpmQuote } from '../../../src/evidence/vtpm/tpm-quote.ts';
import { faultOf } from '../../support/fault-of.ts';
import { damaged, fuzz } from '../../support/fuzz.ts';
import { ALL_PCRS, digestOf, NONCE, SHA256_BANK, tpmQuote } from '../../support/tpm.ts';
import { asView } from '../../support/view.ts';

const SHA1_BANK = 0x0004;

describe('reads', () => {
  it('every field', () => {
    expect(parseTpmQuote(tpmQuote())).toEqual({
      qualifiedSigner: concatBytes(Uint8Array.of(0, 0x0b), new Uint8Array(32).fill(0x51)),
      extraData: NONCE,
      clockInfo: { clock: 0x1_2345_6789n, resetCount: 3, restartCount: 1, safe: true },
      firmwareVersion: 0x2020_0312_0012_0003n,
      pcrSelect: [ALL_PCRS],
      pcrDigest: digestOf(...ALL_PCRS.pcrs),
    });
  });

  it('several banks in their order, one of them empty', () => {
    const select = [
      { hash: SHA256_BANK, pcrs: [0, 7, 8, 23] },
      { hash: SHA1_BANK, pcrs: [] },
    ];
    expect(parseTpmQuote(tpmQuote({ select })).pcrSelect).toEqual(select);
  });

  it('a bitmap of 32 registers', () => {
    const select = [{ hash: SHA256_BANK, pcrs: [31], size: 4 }];
    expect(parseTpmQuote(tpmQuote({ select })).pcrSelect).toEqual([
      { hash: SHA256_BANK, pcrs: [31] },
    ]);
  });

  it('no bank, no nonce and no name', () => {
    const empty = new Uint8Array();
    const bytes = tpmQuote({ select: [], extraData: empty, qualifiedSigner: empty, safe: 0 });
    expect(parseTpmQuote(bytes)).toMatchObject({
      pcrSelect: [],
      extraData: empty,
      qualifiedSigner: empty,
      clockInfo: { safe: false },
    });
  });

  it('the longest nonce and the most banks', () => {
    const extraData = new Uint8Array(66).fill(1);
    const select = Array.from({ length: 16 }, (_, hash) => ({ hash, pcrs: [hash] }));
    expect(parseTpmQuote(tpmQuote({ extraData, select }))).toMatchObject({
      extraData,
      pcrSelect: select,
    });
  });

  it('the same out of a larger buffer', () => {
    expect(parseTpmQuote(asView(tpmQuote()))).toEqual(parseTpmQuote(tpmQuote()));
  });
});

describe('refuses', () => {
  const good = tpmQuote();
  const banks = (count: number) =>
    Array.from({ length: count }, () => ({ hash: SHA256_BANK, pcrs: [] }));

  it.each([
    ['nothing', new Uint8Array(), 'quote.magic'],
    ['another magic', tpmQuote({ magic: 0x54434700 }), 'quote.magic'],
    ['a name that is too long', tpmQuote({ qualifiedSigner: new Uint8Array(67) }), 'Signer.size'],
    ['a nonce that is too long', tpmQuote({ extraData: new Uint8Array(67) }), 'extraData.size'],
    ['a digest that is too long', tpmQuote({ pcrDigest: new Uint8Array(65) }), 'pcrDigest.size'],
    ['a clock neither safe nor not', tpmQuote({ safe: 2 }), 'quote.clockInfo.safe'],
    ['17 banks', tpmQuote({ select: banks(17) }), 'quote.pcrSelect.count'],
    ['four thousand million banks', tpmQuote({ count: 0xffffffff }), 'quote.pcrSelect.count'],
    ['more banks than there are', tpmQuote({ count: 2 }), 'quote.pcrSelect[1].sizeofSelect'],
    ['fewer banks than there are', tpmQuote({ select: banks(2), count: 1 }), 'quote'],
    [
      'a bitmap of 16 registers',
      tpmQuote({ select: [{ ...ALL_PCRS, pcrs: [1], size: 2 }] }),
      'quote.pcrSelect[0].sizeofSelect',
    ],
    [
      'a bitmap of 40 registers',
      tpmQuote({ select: [{ ...ALL_PCRS, pcrs: [1], size: 5 }] }),
      'quote.pcrSelect[0].sizeofSelect',
    ],
    ['a byte too many', concatBytes(good, new Uint8Array(1)), 'quote'],
    ['a byte too few', good.subarray(0, -1), 'quote.pcrDigest'],
  ])('%s', (_, bytes, at) => {
    const fault = faultOf(() => parseTpmQuote(bytes));
    expect(fault.code).toBe('malformed');
    expect(fault.at.endsWith(at), fault.at).toBe(true);
  });

  it.each([
    ['certify', 0x8017],
    ['creation', 0x801a],
    ['time', 0x8019],
    ['NV', 0x8014],
  ])('an attestation of kind %s', (_, type) => {
    const fault = faultOf(() => parseTpmQuote(tpmQuote({ type })));
    expect(fault).toMatchObject({ code: 'unsupported', at: 'quote.type' });
  });
});

/** What was read, written back; bitmaps as long as the fewest bytes that a TPM writes. */
function rewritten({ clockInfo, pcrSelect, ...quote }: TpmQuote): Uint8Array {
  const { safe, ...clock } = clockInfo;
  const sizes = pcrSelect.map((bank) => ({ ...bank, size: bank.pcrs.some((i) => i > 23) ? 4 : 3 }));
  return tpmQuote({ ...quote, ...clock, safe: safe ? 1 : 0, select: sizes });
}

const select = [
  { hash: SHA1_BANK, pcrs: [] },
  { hash: SHA256_BANK, pcrs: [1, 31], size: 4 },
];
fuzz('refuses damage, or reads all of it', damaged(tpmQuote(), tpmQuote({ select })), (bytes) => {
  try {
    const again = rewritten(parseTpmQuote(bytes));
    if (again.length === bytes.length) expect(again).toEqual(bytes);
    else expect(again.length).toBeLessThan(bytes.length);
  } catch (error) {
    if (!(error instanceof Fault) || error.code === 'internal') throw error;
    expect(error.at.startsWith('quote')).toBe(true);
  }
});
