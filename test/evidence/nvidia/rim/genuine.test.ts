import { describe, expect, it } from 'vitest';
import { sha256 } from '#crypto';
import { toHex } from '../../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../../src/core/bytes/text.ts';
import { NVIDIA_RIM_ROOT } from '../../../../src/core/x509/nvidia-roots.ts';
import { verifyRim } from '../../../../src/evidence/nvidia/rim/verify-rim.ts';
import { NVIDIA_VECTORS, vector } from '../../../support/nvidia-vectors.ts';

const upTo = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);

/** What a driver answers for, and what the VBIOS below it does. */
const DRIVER = [7, ...upTo(21, 40)];
const VBIOS = [...upTo(0, 6), ...upTo(8, 12)];

const gpu = {
  name: 'GH100',
  product: 'GH100',
  edition: 'GPU',
  signer: 'C=US, ST=CA, L=Santa Clara, O=NVIDIA Corporation, CN=HCC RIM L4 Signer',
  chain: [
    'HCC RIM L4 Signer',
    'NVIDIA Reference Value L3 GH100 002',
    'NVIDIA Reference Value GH100 CA',
  ],
} as const;

/** `alternatives` of those indices that have more than one; `values` is the SHA-256 of all of them. */
const MANIFESTS = [
  {
    ...gpu,
    file: 'real/h100-550/rims/driver.xml',
    colloquialVersion: '550.90.07',
    tagId:
      '63f9f7f7de3322e35f4ac735e36a38d1c699fa48226216eeb1a84c47a550cca0c293cef2b47715c04b67dab81d900638',
    validity: ['2024-06-01T02:08:29Z', '2026-06-01T02:08:29Z'],
    until: '2026-06-01T02:08:29Z',
    activeIndices: DRIVER,
    alternatives: { 23: 2, 24: 2, 32: 2, 34: 2, 35: 4, 36: 2 },
    values: '0571273dca2a8d5281b781c0ef3532ec07d5a608d1b402442b05e5fbe263a919',
  },
  {
    ...gpu,
    file: 'real/h100-550/rims/vbios.xml',
    colloquialVersion: '96.00.9F.00.01',
    tagId:
      '9e1cfb016be42b161770f89d3323bc295a185cc744b7efc3a04a9dc8dbd9a51aa3b45dd12bafecca48ae6157cd2189d4',
    validity: ['2024-02-23T23:17:58Z', '2026-02-22T23:17:58Z'],
    until: '2026-02-22T23:17:58Z',
    activeIndices: VBIOS,
    alternatives: { 12: 4 },
    values: '66bf480ab07899cad28965809f5f498034a3924653cf6f1429dba98f364cf21f',
  },
  {
    ...gpu,
    file: 'rims/driver-gh100-550-144-03/rim.xml',
    colloquialVersion: '550.144.03',
    tagId:
      '8aa5c875798aecff29b7e3ca2e564ccbda4d47c37276f44f927ffc2ca17d84b1ec3198c69854bbe1556270c1feb493cd',
    validity: ['2024-12-30T16:56:50Z', '2026-12-30T16:56:50Z'],
    until: '2026-12-30T16:56:50Z',
    activeIndices: DRIVER,
    alternatives: { 23: 2, 24: 2, 32: 2, 33: 2, 34: 2, 35: 4, 36: 3 },
    values: 'b33b40f7156177f17c9abed1b972465b0fc888a10835eee5230391698fbc41af',
  },
  {
    file: 'real/ls10-switch/rims/bios.xml',
    name: 'LS10',
    product: 'LS10',
    edition: 'SWITCH',
    colloquialVersion: '96.10.55.00.01',
    tagId:
      '6b6fefd8cbb329a75f2bc1221228c5f61abb4831512d9f1ffeb0f9b62f084150689d77c8be389c53bc7cb0700c0355ac',
    signer: 'C=US, ST=CA, L=Santa Clara, O=NVIDIA Corporation, CN=NVIDIA Reference Value L4 LS10',
    chain: [
      'NVIDIA Reference Value L4 LS10',
      'NVIDIA Reference Value L3 LS10 001',
      'NVIDIA Reference Value LS10 CA',
    ],
    validity: ['2026-05-20T22:02:51Z', '2028-05-19T22:02:51Z'],
    // The CA above its signer ends before the signer does.
    until: '2027-11-02T23:59:59Z',
    activeIndices: upTo(0, 30),
    alternatives: Object.fromEntries(upTo(9, 25).map((index) => [index, 4])),
    values: '09f07f9fb4b49d2802b5f7a36c2a452a2805ffa7c382bca707f786e9b95231f5',
  },
] as const;

interface Row {
  readonly index: number;
  readonly name: string;
  readonly values: readonly string[];
}

describe.skipIf(NVIDIA_VECTORS === undefined)('what genuine manifests say', () => {
  it.each(MANIFESTS)('$file', ({ file, chain, validity, until, alternatives, values, ...said }) => {
    const [from, to] = validity;
    expect(until <= to).toBe(true);
    const result = verifyRim(vector(file), { anchors: [NVIDIA_RIM_ROOT], at: Date.parse(from) });
    expect(result).toMatchObject({
      verdict: 'accept',
      authentic: true,
      anchors: 'vendor',
      at: from,
    });
    const { measurements, certificates, ...claims } = result.claims;
    expect(claims).toEqual({
      ...said,
      version: '1.0',
      revision: 'r1',
      manufacturerId: '5703',
      signerNotBefore: from,
      signerNotAfter: to,
    });
    const rows = measurements as unknown as readonly Row[];
    expect(rows.map(({ index }) => index)).toEqual(upTo(0, 63));
    const many = rows.filter((row) => row.values.length > 1);
    expect(Object.fromEntries(many.map((row) => [row.index, row.values.length]))).toEqual(
      alternatives,
    );
    const all = rows.map((row) => `${row.index} ${row.name} ${row.values.join(' ')}\n`).join('');
    expect(toHex(sha256(utf8(all)))).toBe(values);
    const subjects = [...chain, 'NVIDIA CoRIM signing Root CA'];
    expect(certificates).toMatchObject(
      subjects.map((name) => ({ subject: expect.stringContaining(`CN=${name}`) })),
    );
  });

  it.each(MANIFESTS)('$file, from its first second to its last', ({ file, validity, until }) => {
    const [from, to] = [Date.parse(validity[0]), Date.parse(until)];
    const at = (time: number) =>
      verifyRim(vector(file), { anchors: [NVIDIA_RIM_ROOT], at: time }).verdict;
    expect([at(from - 1000), at(from), at(to), at(to + 1000)]).toEqual([
      'indeterminate',
      'accept',
      'accept',
      'indeterminate',
    ]);
  });
});
