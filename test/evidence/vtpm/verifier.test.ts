import { describe, expect, it } from 'vitest';
import { sha256, sha384 } from '#crypto';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import type { Verification } from '../../../src/evidence/verification.ts';
import { VTPM_AUTHENTIC, VTPM_BASELINE, VTPM_CHECKS } from '../../../src/evidence/vtpm/checks.ts';
import type { VtpmInput } from '../../../src/evidence/vtpm/input.ts';
import { verifyVtpm } from '../../../src/evidence/vtpm/verifier.ts';
import { hcl } from '../../support/hcl.ts';
import {
  AK,
  ALL_PCRS,
  azure,
  digestOf,
  jwk,
  NONCE,
  OTHER_AK,
  PCRS,
  PCRS_JSON,
  quoted,
  rsaKey,
  runtimeJson,
  SHA256_BANK,
  tpmtSignature,
  USER_DATA,
} from '../../support/tpm.ts';
import { asView } from '../../support/view.ts';

const bound: VtpmInput = { ...azure(), at: Date.UTC(2026, 5, 1), anchors: 'vendor' };
const good: VtpmInput = {
  ...bound,
  quote: quoted(),
  pcrs: PCRS_JSON,
  nonce: NONCE,
  userData: USER_DATA,
};

/** The checks that did not pass, each with its outcome. */
function flaws({ checks }: Verification): Record<string, string> {
  const flawed = checks.filter(({ outcome }) => outcome !== 'pass');
  return Object.fromEntries(flawed.map(({ id, outcome }) => [id, outcome]));
}

describe('accepts', () => {
  it('good evidence, every check answered', () => {
    const result = verifyVtpm(good);
    expect(result).toMatchObject({
      verdict: 'accept',
      authentic: true,
      evidence: 'vtpm',
      anchors: 'vendor',
      revocation: 'unchecked',
      at: '2026-06-01T00:00:00Z',
    });
    expect(flaws(result)).toEqual({});
    expect(new Set(result.checks.map(({ id }) => id))).toEqual(new Set(Object.keys(VTPM_CHECKS)));
  });

  it('a binding alone, of which nothing is fresh', () => {
    const result = verifyVtpm(bound);
    expect(result).toMatchObject({ verdict: 'accept', authentic: true });
    expect(new Set(result.checks.map(({ id }) => id))).toEqual(
      new Set([...VTPM_BASELINE, 'vtpm.evidence.vmpl']),
    );
    expect(result.claims).toMatchObject({ quoted: false });
    expect(result.claims).not.toHaveProperty('quote');
    expect(result.claims).not.toHaveProperty('pcrs');
  });

  it('a TDX machine, its revocation as that of its evidence', () => {
    const json = runtimeJson();
    const reportData = concatBytes(sha384(json), new Uint8Array(16));
    const evidence = { kind: 'tdx', reportData, authentic: true, revocation: 'checked' } as const;
    const result = verifyVtpm({ ...good, hcl: hcl({ json, hashType: 2 }), evidence });
    expect(flaws(result)).toEqual({});
    expect(result).toMatchObject({ verdict: 'accept', revocation: 'checked' });
    // A TD has no VMPLs.
    expect(result.checks.map(({ id }) => id)).not.toContain('vtpm.evidence.vmpl');
  });

  it('a signature as a TPM returns it', () => {
    const { message, signature } = quoted();
    const quote = { message, signature: tpmtSignature(signature) };
    expect(verifyVtpm({ ...good, quote }).verdict).toBe('accept');
  });

  it('user data without its zeros', () => {
    expect(verifyVtpm({ ...good, userData: USER_DATA.subarray(0, 48) }).verdict).toBe('accept');
  });

  it('values of the selected PCRs and no others', () => {
    const select = [{ hash: SHA256_BANK, pcrs: [4, 11] }];
    const values = { 11: toHex(PCRS[11] ?? NONCE), 4: toHex(PCRS[4] ?? NONCE) };
    const result = verifyVtpm({
      ...good,
      quote: quoted({ select, pcrDigest: digestOf(4, 11) }),
      pcrs: utf8(JSON.stringify({ sha256: values })),
    });
    expect(result.verdict).toBe('accept');
    expect(result.claims['pcrs']).toEqual({ sha256: values });
  });

  it('the same out of larger buffers', () => {
    const { message, signature } = quoted();
    const views = {
      hcl: asView(good.hcl),
      quote: { message: asView(message), signature: asView(signature) },
      pcrs: asView(PCRS_JSON),
      nonce: asView(NONCE),
      userData: asView(USER_DATA),
    };
    expect(verifyVtpm({ ...good, ...views })).toEqual(verifyVtpm(good));
  });
});

it('claims every field', () => {
  const json = runtimeJson();
  expect(verifyVtpm(good).claims).toEqual({
    hclVersion: 2,
    hclHardware: 'snp',
    hclHardwareReport: '81'.repeat(1184),
    hclHash: 'sha256',
    runtimeDigest: toHex(sha256(json)),
    hclTrailingZeroBytes: 100,
    akPublicKey: {
      modulus: Buffer.from(AK.jwk.n, 'base64url').toString('hex'),
      exponent: '010001',
      keyOps: ['sign'],
    },
    ekPublicKey: expect.objectContaining({ keyOps: ['encrypt'] }),
    otherKeys: [],
    vmConfiguration: { 'secure-boot': true, vmUniqueId: '7DF7B373-B947-4AAA-96E5-C358F2A03D20' },
    userData: toHex(USER_DATA),
    quoted: true,
    quote: {
      qualifiedSigner: `000b${'51'.repeat(32)}`,
      extraData: toHex(NONCE),
      clockInfo: { clock: '0x123456789', resetCount: 3, restartCount: 1, safe: true },
      firmwareVersion: '0x2020031200120003',
      pcrSelection: [{ bank: 'sha256', pcrs: ALL_PCRS.pcrs }],
      pcrDigest: toHex(digestOf(...ALL_PCRS.pcrs)),
    },
    pcrs: { sha256: Object.fromEntries(PCRS.map((value, i) => [i, toHex(value)])) },
  });
});

const respaced = utf8(JSON.stringify(JSON.parse(new TextDecoder().decode(runtimeJson())), null, 1));
const attackers = azure(runtimeJson({ keys: [jwk('HCLAkPub', OTHER_AK)] }));
const subset = { hash: SHA256_BANK, pcrs: [0, 1, 2] };
const { message, signature } = quoted();
const values = PCRS.map(toHex);

/** What is changed, and all that does not pass then. */
const ATTACKS: readonly (readonly [string, Partial<VtpmInput>, Record<string, string>])[] = [
  [
    'another machine’s JSON and quote in front of this evidence',
    { hcl: attackers.hcl, quote: quoted({}, OTHER_AK), userData: USER_DATA },
    { 'vtpm.hcl.binding': 'fail' },
  ],
  ['evidence of another machine', { evidence: attackers.evidence }, { 'vtpm.hcl.binding': 'fail' }],
  ['the JSON written anew', { hcl: azure(respaced).hcl }, { 'vtpm.hcl.binding': 'fail' }],
  [
    'report data with something behind the hash',
    { evidence: { ...bound.evidence, reportData: bound.evidence.reportData?.with(63, 1) } },
    { 'vtpm.hcl.binding': 'fail' },
  ],
  [
    'report data that is the hash alone',
    { evidence: { ...bound.evidence, reportData: sha256(runtimeJson()) } },
    { 'vtpm.hcl.binding': 'fail' },
  ],
  [
    'evidence that can’t be read',
    { evidence: { kind: 'snp', reportData: undefined, authentic: false } },
    {
      'vtpm.evidence.authentic': 'unresolved',
      'vtpm.evidence.vmpl': 'unresolved',
      'vtpm.hcl.binding': 'unresolved',
    },
  ],
  [
    'evidence that is not authentic',
    { evidence: { ...bound.evidence, authentic: false } },
    { 'vtpm.evidence.authentic': 'unresolved' },
  ],
  ...[1, 2, 3, 4, 256, 0xffffffff].map(
    (vmpl) =>
      [
        `a report requested at VMPL ${vmpl}`,
        { evidence: { ...bound.evidence, vmpl } },
        { 'vtpm.evidence.vmpl': 'fail' },
      ] as const,
  ),
  [
    'a report whose VMPL is not known',
    { evidence: { ...bound.evidence, vmpl: undefined } },
    { 'vtpm.evidence.vmpl': 'unresolved' },
  ],
  [
    'a TDX envelope in front of SNP evidence',
    { hcl: hcl({ json: runtimeJson(), reportType: 4 }) },
    { 'vtpm.hcl.hardware': 'fail' },
  ],
  [
    'an SNP envelope in front of TDX evidence',
    { evidence: { ...bound.evidence, kind: 'tdx' } },
    { 'vtpm.hcl.hardware': 'fail' },
  ],
  ['no HCL report', { hcl: new Uint8Array() }, { 'vtpm.hcl.format': 'fail' }],
  [
    'two attestation keys',
    azure(runtimeJson({ keys: [jwk('HCLAkPub', AK), jwk('HCLAkPub', OTHER_AK)] })),
    { 'vtpm.runtime.format': 'fail' },
  ],
  [
    'an attestation key of 1024 bits',
    azure(runtimeJson({ keys: [jwk('HCLAkPub', rsaKey(1024))] })),
    { 'vtpm.ak.format': 'fail' },
  ],
  ['no attestation key', azure(runtimeJson({ keys: [] })), { 'vtpm.ak.format': 'fail' }],
  ['a quote by another key', { quote: quoted({}, OTHER_AK) }, { 'vtpm.quote.signature': 'fail' }],
  [
    'a quote by the endorsement key',
    azure(runtimeJson({ keys: [jwk('HCLAkPub', OTHER_AK), jwk('HCLEkPub', AK)] })),
    { 'vtpm.quote.signature': 'fail' },
  ],
  [
    'the signature of another quote',
    { quote: { message, signature: quoted({ extraData: new Uint8Array(8) }).signature } },
    { 'vtpm.quote.signature': 'fail' },
  ],
  [
    'a signature of another scheme',
    { quote: { message, signature: tpmtSignature(signature, { sigAlg: 0x0016 }) } },
    { 'vtpm.quote.signature': 'fail' },
  ],
  [
    'no signature',
    { quote: { message, signature: new Uint8Array() } },
    { 'vtpm.quote.signature': 'fail' },
  ],
  [
    'a signature of zeros',
    { quote: { message, signature: new Uint8Array(256) } },
    { 'vtpm.quote.signature': 'fail' },
  ],
  ['a signed certification', { quote: quoted({ type: 0x8017 }) }, { 'vtpm.quote.format': 'fail' }],
  [
    'a quote with a byte behind it',
    { quote: { message: concatBytes(message, Uint8Array.of(0)), signature } },
    { 'vtpm.quote.format': 'fail', 'vtpm.quote.signature': 'fail' },
  ],
  [
    'a signed quote not made inside of a TPM',
    { quote: quoted({ magic: 0x00544347 }) },
    { 'vtpm.quote.format': 'fail' },
  ],
  [
    'a nonce that begins as the one asked',
    { quote: quoted({ extraData: concatBytes(NONCE, Uint8Array.of(0)) }) },
    { 'vtpm.quote.nonce': 'fail' },
  ],
  [
    'a nonce that is the beginning of the one asked',
    { quote: quoted({ extraData: NONCE.subarray(0, -1) }) },
    { 'vtpm.quote.nonce': 'fail' },
  ],
  [
    'a nonce that is the end of the one asked',
    { quote: quoted({ extraData: NONCE.subarray(1) }) },
    { 'vtpm.quote.nonce': 'fail' },
  ],
  [
    'an older nonce',
    { quote: quoted({ extraData: NONCE.with(0, 0) }) },
    { 'vtpm.quote.nonce': 'fail' },
  ],
  [
    'no nonce in the quote',
    { quote: quoted({ extraData: new Uint8Array() }) },
    { 'vtpm.quote.nonce': 'fail' },
  ],
  [
    'an empty nonce, asked and quoted',
    { quote: quoted({ extraData: new Uint8Array() }), nonce: new Uint8Array() },
    { 'vtpm.quote.nonce': 'unresolved' },
  ],
  [
    'a quote over some PCRs with the digest of all',
    { quote: quoted({ select: [subset] }) },
    { 'vtpm.pcrs.digest': 'fail' },
  ],
  [
    'a quote over all PCRs with the digest of some',
    { quote: quoted({ pcrDigest: digestOf(...subset.pcrs) }) },
    { 'vtpm.pcrs.digest': 'fail' },
  ],
  [
    'a PCR value that is another',
    { pcrs: utf8(JSON.stringify(values.with(7, values[8] ?? ''))) },
    { 'vtpm.pcrs.digest': 'fail' },
  ],
  [
    'two PCR values in each other’s place',
    { pcrs: utf8(JSON.stringify(values.with(7, values[8] ?? '').with(8, values[7] ?? ''))) },
    { 'vtpm.pcrs.digest': 'fail' },
  ],
  [
    'a digest that is the beginning of the right one',
    { quote: quoted({ pcrDigest: digestOf(...ALL_PCRS.pcrs).subarray(0, 20) }) },
    { 'vtpm.pcrs.digest': 'fail' },
  ],
  [
    'a quote over another bank',
    { quote: quoted({ select: [{ ...ALL_PCRS, hash: 0x000c }] }) },
    { 'vtpm.pcrs.selection': 'fail' },
  ],
  [
    'a quote over no PCR, with the digest of nothing',
    { quote: quoted({ select: [], pcrDigest: sha256(new Uint8Array()) }) },
    { 'vtpm.pcrs.selection': 'fail' },
  ],
  [
    'a value left out',
    { pcrs: utf8(JSON.stringify({ sha256: { 0: values[0] } })) },
    { 'vtpm.pcrs.selection': 'fail' },
  ],
  ['values that can’t be read', { pcrs: utf8('[') }, { 'vtpm.pcrs.format': 'fail' }],
  ['other user data', { userData: USER_DATA.with(0, 0) }, { 'vtpm.user_data': 'fail' }],
  ['user data that goes on', { userData: USER_DATA.subarray(0, 47) }, { 'vtpm.user_data': 'fail' }],
  [
    'user data longer than there is room for',
    { userData: concatBytes(USER_DATA, Uint8Array.of(0)) },
    { 'vtpm.user_data': 'fail' },
  ],
  ['no user data', azure(runtimeJson({ 'user-data': undefined })), { 'vtpm.user_data': 'fail' }],
];

describe('does not accept', () => {
  it.each(ATTACKS)('%s', (_, change, expected) => {
    const result = verifyVtpm({ ...good, ...change });
    expect(flaws(result)).toEqual(expected);
    const failed = Object.values(expected).includes('fail');
    expect(result.verdict).toBe(failed ? 'reject' : 'indeterminate');
    const doubted = Object.keys(expected).some((id) =>
      (VTPM_AUTHENTIC as ReadonlySet<string>).has(id),
    );
    expect(result.authentic).toBe(!doubted);
    if (doubted || 'vtpm.pcrs.digest' in expected) {
      expect(result.claims).not.toHaveProperty('pcrs');
    }
    expect(result.claims['quoted']).toBe(
      !('vtpm.quote.signature' in expected) &&
        !('vtpm.quote.format' in expected) &&
        result.claims['akPublicKey'] !== undefined &&
        !('vtpm.ak.format' in expected),
    );
  });

  it('any check failing: each has an attack that it alone sees', () => {
    const alone = ATTACKS.map(([, , expected]) => Object.keys(expected)).filter(
      (ids) => ids.length === 1,
    );
    expect(new Set(alone.flat())).toEqual(new Set(Object.keys(VTPM_CHECKS)));
  });
});

describe('without a quote leaves open', () => {
  it.each<[string, Partial<VtpmInput>, string[]]>([
    ['a nonce', { nonce: NONCE }, ['vtpm.quote.format', 'vtpm.quote.nonce']],
    [
      'PCR values',
      { pcrs: PCRS_JSON },
      ['vtpm.quote.format', 'vtpm.pcrs.selection', 'vtpm.pcrs.digest'],
    ],
  ])('%s', (_, asked, ids) => {
    const result = verifyVtpm({ ...bound, ...asked });
    expect(flaws(result)).toEqual(Object.fromEntries(ids.map((id) => [id, 'unresolved'])));
    expect(result).toMatchObject({ verdict: 'indeterminate', authentic: true });
    expect(result.claims).toMatchObject({ quoted: false });
    expect(result.claims).not.toHaveProperty('pcrs');
  });
});
