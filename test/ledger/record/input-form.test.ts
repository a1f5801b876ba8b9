import { describe, expect, it } from 'vitest';
import { bundleClocksAt, type FoundEndorsements } from '../../../src/appraisal/bundle/input.ts';
import { digestOf } from '../../../src/appraisal/policy/signing/canonical-document.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { canonicalJson } from '../../../src/core/encoding/jcs.ts';
import { parseJson } from '../../../src/core/encoding/json.ts';
import type { TdxCollateral } from '../../../src/evidence/tdx/collateral.ts';
import { type RecordedInput, recordedInput } from '../../../src/ledger/record/input-form.ts';
import { simulateBundle } from '../../../src/simulator/bundle/simulate.ts';
import { faultOf } from '../../support/fault-of.ts';
import { captured, givenOf } from '../../support/record.ts';

const bytes = (...given: number[]) => Uint8Array.from(given);

const collateral: Required<TdxCollateral> = {
  tcb_info: '{"a":"é"}',
  tcb_info_signature: '00',
  tcb_info_issuer_chain: 'pem',
  qe_identity: '',
  qe_identity_signature: '\ud800 is half a pair',
  qe_identity_issuer_chain: 'pem',
  root_ca_crl: 'ff',
  pck_crl: 'fe',
  pck_crl_issuer_chain: 'pem',
};

const endorsements: Required<FoundEndorsements> = {
  collateral,
  collateralMissing: 'no route to host',
  vek: bytes(1),
  vekMissing: 'half a pair: \udfff',
  chain: [bytes(2), bytes(), bytes(2)],
  crl: bytes(3),
  crlMissing: 'HTTP 429',
  furtherCrls: [bytes(4)],
  rims: [bytes(5), bytes(6)],
  rimMissing: new Map([
    ['NV_GPU_DRIVER_GH100_550', 'none there'],
    ['__proto__', 'a name like any other'],
  ]),
  ocsp: [{ response: bytes(7), nonce: bytes(8, 9) }, { response: bytes(10) }],
  ocspMissing: 'nobody was asked',
};

/** All that a bundle can be verified with; the compiler wants what is missing. */
const EVERYTHING: Required<RecordedInput> = {
  bundle: bytes(11),
  at: { ...bundleClocksAt(Date.UTC(2026, 5, 1)), rimOcsp: Date.UTC(1969, 0, 1, 0, 0, 0, 1) },
  endorsements,
  expected: {
    recipes: ['postern-v1', 'tinfoil-v3'],
    nonce: bytes(12),
    purpose: 'client',
    keysetSha384: bytes(13),
    devices: { gpu: 8, switch: 0 },
    deviceNonce: bytes(),
  },
  revocation: 'required',
  tdx: { minEvaluationDataNumber: 17 },
  snp: {
    minimumTcb: { fmc: 1, bootLoader: 2, tee: 3, snp: 4, microcode: 255 },
    minimumLaunchTcb: {},
    minimumCommittedTcb: { snp: 0 },
    fixes: ['AMD-SB-3019'],
    relax: { vmpls: [1, 3], platformInfoBits: [9] },
  },
  relax: { rimHold: true, rimExpired: true, opaqueTypes: [99] },
  nrasKeys: bytes(14),
};

function through(input: RecordedInput): RecordedInput {
  const blobs = new Map<string, Uint8Array>();
  const value = recordedInput.write(input, 'input', (blob) => {
    blobs.set(digestOf(blob), blob);
    return digestOf(blob);
  });
  const text = canonicalJson(value);
  return recordedInput.read(parseJson(text, 'input').value, 'input', (digest) => {
    const blob = blobs.get(digest);
    if (blob === undefined) throw new Error(`no ${digest}`);
    return blob;
  });
}

describe('what a bundle was verified with', () => {
  it('comes back to the last member', () => {
    const back = through(EVERYTHING);
    expect(back).toEqual(EVERYTHING);
    expect([...(back.endorsements?.rimMissing ?? [])].length).toBe(2);
  });

  it('comes back with as little as there may be', () => {
    const { bundle, at } = EVERYTHING;
    expect(through({ bundle, at })).toEqual({ bundle, at });
  });

  it.each(Object.keys(EVERYTHING).filter((name) => name !== 'bundle' && name !== 'at'))(
    'comes back without %s',
    (name) => {
      const { [name]: _left, ...input } = EVERYTHING as Record<string, unknown>;
      expect(through(input as RecordedInput)).toEqual(input);
    },
  );

  it('comes back with collateral as a file', () => {
    const input = { ...EVERYTHING, endorsements: { collateral: utf8('{"pck_crl":"ff"}') } };
    expect(through(input)).toEqual(input);
  });
});

describe('what has no place in a record is not recorded, and not passed over', () => {
  it.each([
    ['a request that no record knows', { tdx: { reportData: bytes(1) } }, 'input.tdx.reportData'],
    ['one about a report', { snp: { chip: 1 } }, 'input.snp.chip'],
    ['a member of its own', { more: 1 }, 'input.more'],
    ['a clock of half a millisecond', { at: { ...EVERYTHING.at, crl: 0.5 } }, 'input.at.crl'],
    ['no clock', { at: { ...EVERYTHING.at, crl: Number.NaN } }, 'input.at.crl'],
    ['text in place of bytes', { nrasKeys: '{}' }, 'input.nrasKeys'],
    ['a minimum below zero', { snp: { minimumTcb: { snp: -1 } } }, 'input.snp.minimumTcb.snp'],
  ])('%s', (_, change, at) => {
    const input = { ...EVERYTHING, ...change } as unknown as RecordedInput;
    expect(faultOf(() => through(input))).toMatchObject({ code: 'usage', at });
  });

  it('a clock missing', () => {
    const { crl: _crl, ...at } = EVERYTHING.at;
    const input = { ...EVERYTHING, at } as unknown as RecordedInput;
    expect(faultOf(() => through(input)).at).toBe('input.at.crl');
  });
});

describe('somebody’s own root', () => {
  it('is never recorded as a vendor’s', async () => {
    const machine = await simulateBundle({ fault: 'bundle_cpu_alone' });
    const { anchors, ...input } = givenOf(machine);
    const [own] = anchors.tdx;
    if (own === undefined) throw new Error('no anchor');
    const claims = [
      { ...own, kind: 'vendor' as const },
      { ...own, kind: 'vendor' as const, name: 'Intel SGX Root CA' },
      { ...own, kind: 'custom' as const },
      { ...own, name: 'Intel SGX Root CA' },
    ];
    for (const claim of claims) {
      const given = { ...input, anchors: { ...anchors, tdx: [claim] } };
      expect(faultOf(() => captured(given))).toMatchObject({
        code: 'usage',
        at: 'manifest.anchors.tdx[0]',
      });
    }
  });
});
