import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { readQuoteSignature } from '../../../src/evidence/vtpm/tpm-signature.ts';
import { faultOf } from '../../support/fault-of.ts';
import { tpmtSignature, u16 } from '../../support/tpm.ts';
import { asView } from '../../support/view.ts';

const bare = new Uint8Array(256).fill(0x5a);

it('reads a bare signature and a TPM’s own alike', () => {
  expect(readQuoteSignature(bare, 256)).toEqual(bare);
  expect(readQuoteSignature(tpmtSignature(bare), 256)).toEqual(bare);
  expect(readQuoteSignature(asView(tpmtSignature(bare)), 256)).toEqual(bare);
});

it('reads bare bytes as such, even when they begin like a TPM’s own', () => {
  const bytes = tpmtSignature(bare).subarray(0, 256);
  expect(readQuoteSignature(bytes, 256)).toEqual(bytes);
});

describe('refuses', () => {
  it.each([
    ['nothing', new Uint8Array(), 'malformed', 'quote.signature.sigAlg'],
    ['a scheme alone', u16(0x0014), 'malformed', 'quote.signature.hash'],
    ['a byte too many', concatBytes(tpmtSignature(bare), u16(0)), 'malformed', 'quote.signature'],
    ['a byte too few', tpmtSignature(bare).subarray(0, -1), 'malformed', 'quote.signature.sig'],
    [
      'a signature short of the modulus',
      tpmtSignature(bare.subarray(1)),
      'malformed',
      'quote.signature.sig',
    ],
    [
      'a signature longer than the modulus',
      tpmtSignature(concatBytes(bare, u16(0))),
      'malformed',
      'quote.signature.sig.size',
    ],
    ['RSA-PSS', tpmtSignature(bare, { sigAlg: 0x0016 }), 'unsupported', 'quote.signature.sigAlg'],
    ['ECDSA', tpmtSignature(bare, { sigAlg: 0x0018 }), 'unsupported', 'quote.signature.sigAlg'],
    ['none', tpmtSignature(bare, { sigAlg: 0x0010 }), 'unsupported', 'quote.signature.sigAlg'],
    ['SHA-1', tpmtSignature(bare, { hash: 0x0004 }), 'unsupported', 'quote.signature.hash'],
    ['SHA-384', tpmtSignature(bare, { hash: 0x000c }), 'unsupported', 'quote.signature.hash'],
  ])('%s', (_, bytes, code, at) => {
    expect(faultOf(() => readQuoteSignature(bytes, 256))).toMatchObject({ code, at });
  });
});
