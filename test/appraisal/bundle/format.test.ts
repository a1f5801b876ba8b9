import { describe, expect, it } from 'vitest';
import { BUNDLE_LIMITS, parseBundle } from '../../../src/appraisal/bundle/format.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { faultOf } from '../../support/fault-of.ts';
import { asView } from '../../support/view.ts';

const DOCUMENT = {
  v: 1,
  cpu: { kind: 'tdx', quote: 'AQID', event_log: 'W10=', ccel_table: 'AQ==' },
  vtpm: { hcl: 'AQ==', quote: 'Ag==', signature: 'Aw==', pcrs: 'BA==' },
  devices: 'W10=',
  binding: { recipe: 'postern-v1' },
  endorsements: {
    tdx_collateral: 'e30=',
    snp_vek: 'AQ==',
    snp_chain: ['AQ==', 'Ag=='],
    snp_crl: 'Aw==',
    nvidia_rims: ['PGE+'],
    nvidia_ocsp: [{ response: 'AQ==', nonce: '0a0b' }, { response: 'Ag==' }],
  },
  statements: { nras: [{ eat: 'W10=' }] },
} as const;

const file = (document: unknown) => utf8(JSON.stringify(document));

it('reads every member as the bytes that it stands for', () => {
  const bundle = parseBundle(file(DOCUMENT));
  expect(bundle).toMatchObject({
    cpu: {
      kind: 'tdx',
      quote: Uint8Array.of(1, 2, 3),
      eventLog: utf8('[]'),
      ccelTable: Uint8Array.of(1),
    },
    vtpm: {
      hcl: Uint8Array.of(1),
      quote: { message: Uint8Array.of(2), signature: Uint8Array.of(3) },
      pcrs: Uint8Array.of(4),
    },
    devices: utf8('[]'),
    endorsements: {
      tdxCollateral: utf8('{}'),
      snpVek: Uint8Array.of(1),
      snpChain: [Uint8Array.of(1), Uint8Array.of(2)],
      snpCrl: Uint8Array.of(3),
      rims: [utf8('<a>')],
      ocsp: [
        { response: Uint8Array.of(1), nonce: Uint8Array.of(10, 11) },
        { response: Uint8Array.of(2) },
      ],
    },
    statements: { nras: [{ eat: utf8('[]') }] },
  });
  expect(bundle.binding.string('recipe')).toBe('postern-v1');
});

it('a view into a larger buffer is the same bundle', () => {
  expect(parseBundle(asView(file(DOCUMENT))).devices).toEqual(utf8('[]'));
});

it('the least that is a bundle: a recipe, and whatever a verifier then misses', () => {
  const bundle = parseBundle(file({ v: 1, binding: {} }));
  expect(bundle).toMatchObject({
    cpu: undefined,
    vtpm: undefined,
    endorsements: {},
    statements: {},
  });
  expect(bundle.devices).toHaveLength(0);
});

const { cpu, vtpm, endorsements, statements } = DOCUMENT;

describe('refused, and where', () => {
  it.each<[string, unknown, string]>([
    ['another version', { ...DOCUMENT, v: 2 }, 'bundle.v'],
    ['no version', { ...DOCUMENT, v: undefined }, 'bundle.v'],
    ['no binding', { ...DOCUMENT, binding: undefined }, 'bundle.binding'],
    ['an unknown member', { ...DOCUMENT, gpu: 'AQ==' }, 'bundle'],
    ['an unknown CPU', { ...DOCUMENT, cpu: { kind: 'sgx', quote: 'AQ==' } }, 'bundle.cpu.kind'],
    ['a quote of SEV-SNP', { ...DOCUMENT, cpu: { kind: 'snp', quote: 'AQ==' } }, 'bundle.cpu'],
    ['no quote', { ...DOCUMENT, cpu: { kind: 'tdx' } }, 'bundle.cpu.quote'],
    ['an empty quote', { ...DOCUMENT, cpu: { ...cpu, quote: '' } }, 'bundle.cpu.quote'],
    [
      'base64 of another alphabet',
      { ...DOCUMENT, cpu: { ...cpu, quote: '_-8=' } },
      'bundle.cpu.quote',
    ],
    ['base64 without padding', { ...DOCUMENT, devices: 'AQ' }, 'bundle.devices'],
    [
      'a table without its log',
      { ...DOCUMENT, cpu: { ...cpu, event_log: undefined } },
      'bundle.cpu.ccel_table',
    ],
    [
      'a TPM quote without signature',
      { ...DOCUMENT, vtpm: { ...vtpm, signature: undefined } },
      'bundle.vtpm',
    ],
    [
      'a vTPM without report',
      { ...DOCUMENT, vtpm: { ...vtpm, hcl: undefined } },
      'bundle.vtpm.hcl',
    ],
    [
      'a manifest that is no text',
      { ...DOCUMENT, endorsements: { ...endorsements, nvidia_rims: [1] } },
      'bundle.endorsements.nvidia_rims[0]',
    ],
    [
      'an unknown endorsement',
      { ...DOCUMENT, endorsements: { ...endorsements, intel: 'AQ==' } },
      'bundle.endorsements',
    ],
    [
      'an OCSP nonce that is no hex',
      { ...DOCUMENT, endorsements: { nvidia_ocsp: [{ response: 'AQ==', nonce: 'xy' }] } },
      'bundle.endorsements.nvidia_ocsp[0].nonce',
    ],
    [
      'an unknown member of a response',
      { ...DOCUMENT, endorsements: { nvidia_ocsp: [{ response: 'AQ==', good: true }] } },
      'bundle.endorsements.nvidia_ocsp[0]',
    ],
    [
      'too many manifests',
      { ...DOCUMENT, endorsements: { nvidia_rims: Array(17).fill('AQ==') } },
      'bundle.endorsements.nvidia_rims',
    ],
    [
      'an unknown statement',
      { ...DOCUMENT, statements: { ...statements, me: {} } },
      'bundle.statements',
    ],
    [
      'a statement without token',
      { ...DOCUMENT, statements: { nras: [{}] } },
      'bundle.statements.nras[0].eat',
    ],
    [
      'a statement outside a list',
      { ...DOCUMENT, statements: { nras: { eat: 'W10=' } } },
      'bundle.statements.nras',
    ],
    [
      'an unknown member of a statement',
      { ...DOCUMENT, statements: { nras: [{ eat: 'W10=', good: true }] } },
      'bundle.statements.nras[0]',
    ],
    [
      'too many statements',
      { ...DOCUMENT, statements: { nras: Array(17).fill({ eat: 'W10=' }) } },
      'bundle.statements.nras',
    ],
    ['a list', [DOCUMENT], 'bundle'],
  ])('%s', (_, document, at) => {
    const fault = faultOf(() => parseBundle(file(document)));
    expect([fault.code, fault.at]).toEqual(['malformed', at]);
  });

  it('a member twice', () => {
    const fault = faultOf(() => parseBundle(utf8('{"v":1,"binding":{},"binding":{}}')));
    expect(fault.message).toContain('duplicate member "binding"');
  });

  it('a piece above its limit, before it is decoded', () => {
    const quote = 'A'.repeat(4 * Math.ceil((BUNDLE_LIMITS.quote + 3) / 3));
    const fault = faultOf(() => parseBundle(file({ ...DOCUMENT, cpu: { kind: 'tdx', quote } })));
    expect(fault.message).toBe('bundle.cpu.quote: larger than 65536 bytes');
  });

  it('bytes that are not UTF-8', () => {
    expect(faultOf(() => parseBundle(Uint8Array.of(0x7b, 0xff))).code).toBe('malformed');
  });
});
