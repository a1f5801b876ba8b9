import Schema from 'typebox/schema';
import { describe, expect, it } from 'vitest';
import {
  type CorimReferenceSets,
  corimReferenceSets,
} from '../../../src/appraisal/corim/reference-sets.ts';
import type { TdxRegisterNumbers } from '../../../src/appraisal/corim/tdx.ts';
import { SnpReferenceSet } from '../../../src/appraisal/policy/schema/snp.ts';
import { TdxReferenceSet } from '../../../src/appraisal/policy/schema/tdx.ts';
import { fromHex } from '../../../src/core/bytes/hex.ts';
import { encodeCbor } from '../../../src/core/encoding/cbor-encode.ts';
import { CborTag, type CborValue } from '../../../src/core/encoding/cbor-value.ts';
import {
  type CorimParts,
  comid,
  corim,
  environment,
  mapOf,
  measured,
  raw,
  repeated,
  sha384,
  uri,
  uuid,
} from '../../support/corim.ts';
import { asView } from '../../support/view.ts';

const NOT_STATED = { skip: 'not stated by the CoRIM that this was imported from' };
const digits = (digit: string, size = 48) => digit.repeat(2 * size);
const AMD = uri('tag:amd.com,2024:snp-corim-profile');
const td = environment('Intel Corporation', 'TDX');
const guest = environment('AMD', 'SEV-SNP');

function read(parts: CorimParts, numbers?: TdxRegisterNumbers): CorimReferenceSets {
  const options = numbers === undefined ? {} : { tdxRegisterNumbers: numbers };
  return corimReferenceSets(corim(parts), { now: 0, ...options });
}

const tdx = (...measurements: CborValue[]) =>
  read({ tags: [comid({ references: [[td, ...measurements]] })] });
const snp = (...measurements: CborValue[]) =>
  read({ profile: AMD, tags: [comid({ references: [[guest, ...measurements]] })] });
const reasons = ({ notImported }: CorimReferenceSets) => notImported.map(({ because }) => because);

function withoutProvenance<T extends { provenance?: unknown }>({ provenance, ...rest }: T) {
  expect(provenance).toBeDefined();
  return rest;
}

describe('TDX', () => {
  const whole = [
    measured('MRTD', { 2: sha384('a') }),
    measured('RTMR[0]', { 2: sha384('0') }),
    measured('rtmr1', { 2: sha384('1') }),
    measured('RTMR_2', { 4: raw('2', 48) }),
    measured('rtmr-3', { 2: sha384('3') }),
    measured('MRCONFIGID', { 4: raw('c', 48) }),
    measured('mrOwner', { 4: raw('d', 48) }),
    measured('mrOwnerConfig', { 4: repeated('e', 48) }),
    measured('mrServiceTd', { 2: sha384('f') }),
  ];

  it('reads registers by their names', () => {
    const found = tdx(...whole);
    expect(found.tdx.map(withoutProvenance)).toEqual([
      {
        id: 'corim-1/tdx-0',
        lifecycle: { state: 'draft' },
        mrTd: digits('a'),
        rtmr0: digits('0'),
        rtmr1: digits('1'),
        rtmr2: digits('2'),
        rtmr3: digits('3'),
        mrConfigId: digits('c'),
        mrOwner: digits('d'),
        mrOwnerConfig: digits('e'),
        mrServiceTd: digits('f'),
      },
    ]);
    expect(found.notImported).toEqual([]);
    expect([found.snp, found.nvidia]).toEqual([[], []]);
  });

  it('skips what is not stated, and says so', () => {
    expect(tdx(measured('mrtd', { 2: sha384('a') })).tdx[0]).toMatchObject({
      mrTd: digits('a'),
      rtmr0: NOT_STATED,
      mrServiceTd: NOT_STATED,
    });
  });

  const registers = (...entries: (readonly [CborValue, CborValue])[]) =>
    measured(undefined, { 14: mapOf(...entries) });

  it('reads integrity registers by name', () => {
    const found = tdx(
      registers(['rtmr0', sha384('0')], ['RTMR1', sha384('1')], ['mrtd', sha384('a')]),
    );
    expect(found.tdx[0]).toMatchObject({
      mrTd: digits('a'),
      rtmr0: digits('0'),
      rtmr1: digits('1'),
    });
    expect(found.notImported).toEqual([]);
  });

  it('reads registers by number only where it is told what the numbers are', () => {
    const numbered = registers([0, sha384('0')], [1, sha384('1')], [3, sha384('3')]);
    const parts = { tags: [comid({ references: [[td, numbered]] as const })] };
    expect(read(parts).tdx).toEqual([]);
    expect(reasons(read(parts))).toEqual([expect.stringContaining('nothing that is known here')]);
    expect(read(parts, 'rtmr').tdx[0]).toMatchObject({
      mrTd: NOT_STATED,
      rtmr0: digits('0'),
      rtmr1: digits('1'),
      rtmr3: digits('3'),
    });
    expect(read(parts, 'event-log').tdx[0]).toMatchObject({
      mrTd: digits('0'),
      rtmr0: digits('1'),
      rtmr2: digits('3'),
      rtmr3: NOT_STATED,
    });
  });

  it('takes tee.mrtee for MRTD in Intel’s profile, where RTMRs stand beside it', () => {
    const profile = new CborTag(111, fromHex('6086480186f84d011001', 'oid'));
    const mrTee = measured(undefined, { [-83]: [[7, repeated('a', 48)]] });
    const rtmr0 = measured('rtmr0', { 2: sha384('0') });
    const intel = (...measurements: CborValue[]) =>
      read({ profile, tags: [comid({ references: [[td, ...measurements]] })] });
    const found = intel(mrTee, rtmr0);
    expect(found.profiles).toEqual(['oid 2.16.840.1.113741.1.16.1']);
    expect(found.tdx[0]).toMatchObject({ mrTd: digits('a'), rtmr0: digits('0') });
    expect(found.notImported).toEqual([]);
    // MRSEAM of a module and MRENCLAVE of an enclave stand in the same field.
    expect(intel(mrTee).tdx).toEqual([]);
    const elsewhere = read({ tags: [comid({ references: [[td, mrTee, rtmr0]] })] });
    expect(elsewhere.tdx[0]).toMatchObject({ mrTd: NOT_STATED });
    expect(reasons(elsewhere)).toEqual([expect.stringContaining('no member of a reference set')]);
    const member = new CborTag(60020, [6, [[7, repeated('a', 48)]]]);
    expect(intel(measured(undefined, { [-83]: member }), rtmr0).tdx).toEqual([]);
  });

  describe('keeps a set back whose registers it can’t say', () => {
    const masked = new CborTag(563, [repeated('1', 48), repeated('f', 48)]);
    it.each<[string, CborValue[], string]>([
      [
        'two digests of one register',
        [
          measured('rtmr1', {
            2: [
              [7, repeated('1', 48)],
              [7, repeated('2', 48)],
            ],
          }),
        ],
        'not one value',
      ],
      [
        'a digest beside one of another algorithm',
        [
          measured('rtmr1', {
            2: [
              [7, repeated('1', 48)],
              [1, repeated('2', 32)],
            ],
          }),
        ],
        'not one value',
      ],
      [
        'a digest of another algorithm',
        [measured('rtmr1', { 2: [[1, repeated('1', 32)]] })],
        'not one value',
      ],
      [
        'a digest of SHA3-384',
        [measured('rtmr1', { 2: [[11, repeated('1', 48)]] })],
        'not one value',
      ],
      [
        'a register twice',
        [measured('rtmr1', { 2: sha384('1') }), measured('RTMR1', { 2: sha384('2') })],
        'stated twice',
      ],
      ['a register with a mask', [measured('rtmr1', { 4: masked })], 'not one value'],
      [
        'a register with a mask of older drafts',
        [measured('rtmr1', { 4: raw('1', 48), 5: repeated('f', 48) })],
        'not one value',
      ],
      ['a short register', [measured('rtmr1', { 4: raw('1', 47) })], 'not one value'],
      ['an expression', [measured('rtmr1', { 4: new CborTag(60020, [6, []]) })], 'not one value'],
      [
        'two values in integrity registers',
        [
          registers([
            'rtmr1',
            [
              [7, repeated('1', 48)],
              [7, repeated('2', 48)],
            ],
          ]),
        ],
        'not one value',
      ],
      [
        'a register that is not known',
        [registers(['rtmr1', sha384('1')], ['rtmr4', sha384('4')])],
        'rtmr4',
      ],
    ])('%s', (_name, measurements, because) => {
      const found = tdx(measured('mrtd', { 2: sha384('a') }), ...measurements);
      expect(found.tdx).toEqual([]);
      expect(reasons(found)).toContainEqual(expect.stringContaining(because));
    });

    it('one of a machine of its own', () => {
      const one = mapOf([0, mapOf([1, 'Intel'])], [1, new CborTag(560, repeated('1', 8))]);
      const found = read({ tags: [comid({ references: [[one, ...whole]] })] });
      expect(found.tdx).toEqual([]);
      expect(reasons(found)).toEqual([expect.stringContaining('for some machines')]);
    });

    it('registers by name beside registers by number', () => {
      const mrTd = measured('mrtd', { 2: sha384('a') });
      const numbered = registers([0, sha384('0')]);
      const together = tdx(mrTd, numbered);
      const references = [
        [td, mrTd],
        [td, numbered],
      ] as const;
      const apart = read({ tags: [comid({ references })] });
      expect([together.tdx, apart.tdx]).toEqual([[], []]);
      expect(reasons(together)[0]).toContain('registers that have only numbers');
      expect(reasons(apart)).toContainEqual(expect.stringContaining('of the same environment'));
      expect(
        read({ tags: [comid({ references: [[td, mrTd, numbered]] })] }, 'rtmr').tdx,
      ).toHaveLength(1);
    });

    it('halves of a machine, wherever they stand', () => {
      const firmware = comid({ references: [[td, measured('mrtd', { 2: sha384('a') })]] });
      const system = comid({
        references: [[environment('Intel', 'OS'), measured('rtmr1', { 2: sha384('1') })]],
      });
      const found = read({ tags: [firmware, system] });
      expect(found.tdx).toEqual([]);
      expect(reasons(found)).toEqual([
        'keeps the reference set back: states mrTd, and other references other members',
        'keeps the reference set back: states rtmr1, and other references other members',
      ]);
    });
  });

  it('makes a set of each triple', () => {
    const image = (digit: string) => [td, measured('mrtd', { 2: sha384(digit) })] as const;
    const found = read({
      id: 'ACME images!',
      tags: [
        comid({ references: [image('a'), image('b')] }),
        comid({ tagId: 'third', references: [image('c')] }),
      ],
    });
    expect(found.tdx.map(({ id, mrTd }) => [id, mrTd])).toEqual([
      ['ACME-images-/tdx-0', digits('a')],
      ['ACME-images-/tdx-1', digits('b')],
      ['ACME-images-/tdx-2', digits('c')],
    ]);
    expect(found.tdx[2]?.provenance?.inputs).toMatchObject({ tag: 'third', signature: 'unsigned' });
  });
});

describe('SEV-SNP', () => {
  it('reads mkeys by their place in the report', () => {
    const found = snp(
      measured(0, { 1: new CborTag(553, 7) }),
      measured(3, { 4: raw('1', 16) }),
      measured(4, { 4: raw('2', 16) }),
      measured(641, { 2: sha384('a') }),
      measured(642, { 4: raw('b', 32) }),
      measured(643, { 4: raw('c', 48) }),
      measured(644, { 2: sha384('d') }),
    );
    expect(found.snp.map(withoutProvenance)).toEqual([
      {
        id: 'corim-1/snp-0',
        lifecycle: { state: 'draft' },
        measurement: digits('a'),
        hostData: digits('b', 32),
        familyId: digits('1', 16),
        imageId: digits('2', 16),
        idKeyDigest: digits('c'),
        authorKeyDigest: digits('d'),
        minGuestSvn: 7,
      },
    ]);
    expect(found.notImported).toEqual([]);
  });

  it('reads mkeys in groups', () => {
    const profile = [uri('http://amd.com/please-permalink-me')];
    const values = {
      0: mapOf([0, 'ABCDEF00112233445566778899AABBCC']),
      1: new CborTag(553, 7),
      2: sha384('a'),
      4: raw('1', 16),
    };
    const measurements = [
      measured(0, values),
      measured(5, { 4: raw('c', 48) }),
      measured(6, { 4: raw('d', 48) }),
      measured(8, { 4: raw('b', 32) }),
    ];
    const found = read({ profile, tags: [comid({ references: [[guest, ...measurements]] })] });
    expect(found.snp[0]).toMatchObject({
      measurement: digits('a'),
      hostData: digits('b', 32),
      familyId: digits('1', 16),
      imageId: 'abcdef00112233445566778899aabbcc',
      idKeyDigest: digits('c'),
      authorKeyDigest: digits('d'),
      minGuestSvn: 7,
    });
    expect(found.notImported).toEqual([]);
  });

  it.each([
    ['VCEK', uuid('d05e6d1b9f464ae2a610ce3e6ee7e153')],
    ['VLEK', uuid('89a7a1f0e7044faaacbd81c86df8a961')],
    ['VCEK, as OID', new CborTag(111, fromHex('2b060104019c780201', 'oid'))],
  ])('knows a guest by its class: %s', (_name, classId) => {
    const one = mapOf([0, mapOf([0, classId])]);
    const references = [[one, measured(0, { 2: sha384('a') })]] as const;
    expect(read({ tags: [comid({ references })] }).snp[0]?.measurement).toBe(digits('a'));
  });

  it('does not take the same values for a guest’s without profile or class', () => {
    const found = read({
      tags: [comid({ references: [[guest, measured(641, { 2: sha384('a') })]] })],
    });
    expect(found.snp).toEqual([]);
    expect(reasons(found)).toEqual([expect.stringContaining('AMD, SEV-SNP')]);
  });

  it('says what became weaker, and what belongs elsewhere', () => {
    const found = snp(
      measured(0, { 1: 7 }),
      measured(2, { 4: raw('0', 8) }),
      measured(7, { 4: raw('0', 8), 5: repeated('f', 8) }),
      measured(641, { 2: sha384('a') }),
      measured(647, { 1: new CborTag(553, 2 ** 40) }),
      measured(3328, { 4: raw('1', 64) }),
      measured(9999, { 2: sha384('b') }),
    );
    expect(found.snp[0]?.minGuestSvn).toBe(7);
    expect(reasons(found)).toEqual([
      'GUEST_SVN of exactly 7: became at least 7',
      'a policy has guestPolicy for it',
      'a policy has platformInfo for it',
      'one number: a policy has minTcb, with each component on its own',
      'a policy has deployment for it',
      'is no member of a reference set: mkey 9999',
    ]);
  });

  describe('keeps a set back', () => {
    const measurement = measured(641, { 2: sha384('a') });
    it.each<[string, CborValue[]]>([
      ['without MEASUREMENT: the numbering is not known', [measured(642, { 4: raw('b', 32) })]],
      ['with MEASUREMENT in both numberings', [measurement, measured(0, { 2: sha384('b') })]],
      ['with two MEASUREMENTs', [measurement, measured(641, { 2: sha384('b') })]],
      ['with MEASUREMENT of SHA-256', [measured(641, { 2: [[1, repeated('a', 32)]] })]],
      ['with HOST_DATA of 48 bytes', [measurement, measured(642, { 4: raw('b', 48) })]],
      ['with HOST_DATA as a digest', [measurement, measured(642, { 2: sha384('b') })]],
      [
        'with HOST_DATA under a mask',
        [
          measurement,
          measured(642, { 4: new CborTag(563, [repeated('b', 32), repeated('1', 32)]) }),
        ],
      ],
      [
        'with HOST_DATA in an expression',
        [measurement, measured(642, { 4: new CborTag(60020, [6, []]) })],
      ],
      ['with GUEST_SVN in a range', [measurement, measured(0, { 1: new CborTag(564, [1, 2]) })]],
      ['with GUEST_SVN of 33 bits', [measurement, measured(0, { 1: 2 ** 32 })]],
    ])('%s', (_name, measurements) => {
      const found = snp(...measurements);
      expect(found.snp).toEqual([]);
      expect(reasons(found)).toContainEqual(
        expect.stringContaining('keeps the reference set back'),
      );
    });
  });
});

describe('NVIDIA', () => {
  it('lists golden digests by index, for reading', () => {
    const sha512 = [[8, repeated('a', 64)]];
    const references = [
      [
        environment('NVIDIA', 'CX7'),
        measured(2, { 2: sha512, 0: mapOf([0, '28.39.4082']) }),
        measured(3, { 2: [[7, repeated('b', 48)]], 8: 'serial' }),
      ],
    ] as const;
    const found = read({ tags: [comid({ references })] });
    expect(found.nvidia).toEqual([
      {
        at: 'corim.tags[0].triples.reference-triples[0]',
        model: 'CX7',
        version: '28.39.4082',
        measurements: {
          2: [{ algorithm: 'sha-512', value: digits('a', 64) }],
          3: [{ algorithm: 'sha-384', value: digits('b') }],
        },
      },
    ]);
    expect(reasons(found)).toEqual([
      'other of a device',
      'a policy compares devices with NVIDIA’s own manifests',
    ]);
  });
});

describe('what is in no set is named with its place', () => {
  const reference = [td, measured('mrtd', { 2: sha384('a') })] as const;
  const triples = 'corim.tags[0].triples';
  it.each<[string, CorimParts, string]>([
    [
      'CoSWID',
      { tags: [comid({ references: [reference] }), new CborTag(505, repeated('0', 1))] },
      'corim.tags[1]',
    ],
    [
      'a tag that is not known',
      { tags: [comid({ references: [reference] }), new CborTag(599, 0)] },
      'corim.tags[1]',
    ],
    [
      'manifests beside',
      { tags: [comid({ references: [reference] })], more: [[2, []]] },
      'corim.dependent-rims',
    ],
    [
      'an entry of the CoRIM',
      {
        tags: [comid({ references: [reference] })],
        more: [[9, 0]],
      },
      'corim[9]',
    ],
    [
      'linked tags',
      { tags: [comid({ references: [reference], more: [[3, []]] })] },
      'corim.tags[0].linked-tags',
    ],
    [
      'an entry of the CoMID',
      { tags: [comid({ references: [reference], more: [[-1, 0]] })] },
      'corim.tags[0][-1]',
    ],
    [
      'endorsed values',
      { tags: [comid({ references: [reference], otherTriples: [[1, []]] })] },
      `${triples}.endorsed-triples`,
    ],
    [
      'conditions',
      { tags: [comid({ references: [reference], otherTriples: [[10, []]] })] },
      `${triples}.conditional-endorsement-triples`,
    ],
    [
      'a triple that is not known',
      { tags: [comid({ references: [reference], otherTriples: [[77, []]] })] },
      `${triples}[77]`,
    ],
    [
      'authorized-by',
      {
        tags: [
          comid({ references: [[td, mapOf([0, 'mrtd'], [1, mapOf([2, sha384('a')])], [2, []])]] }),
        ],
      },
      `${triples}.reference-triples[0][1][0].authorized-by`,
    ],
    [
      'an entry of the environment',
      {
        tags: [
          comid({
            references: [
              [
                mapOf([0, mapOf([1, 'Intel'], [9, 0])], [5, 0]),
                measured('mrtd', { 2: sha384('a') }),
              ],
            ],
          }),
        ],
      },
      `${triples}.reference-triples[0][0][5]`,
    ],
    [
      'flags',
      {
        tags: [
          comid({ references: [[td, measured('mrtd', { 2: sha384('a'), 3: mapOf([3, false]) })]] }),
        ],
      },
      `${triples}.reference-triples[0][1][0].mval.flags`,
    ],
  ])('%s', (_name, parts, at) => {
    const found = read(parts);
    expect(found.tdx).toHaveLength(1);
    expect(found.notImported.map((one) => one.at)).toContain(at);
  });
});

it('makes sets that the schema of policies takes, whatever it is called', () => {
  const hostile = '\u0000\n\u202e\ud83d\ude00 '.repeat(200);
  const references = [
    [td, measured('mrtd', { 2: sha384('a') })],
    [guest, measured('mrtd', { 2: sha384('b') })],
  ] as const;
  const parts = { id: hostile, tags: [comid({ tagId: hostile, references })] };
  const found = read(parts);
  expect(found.tdx).toHaveLength(2);
  for (const set of found.tdx) expect(Schema.Compile(TdxReferenceSet).Check(set)).toBe(true);
  const guests = read({
    ...parts,
    profile: AMD,
    tags: [comid({ tagId: hostile, references: [[guest, measured(641, { 2: sha384('a') })]] })],
  });
  for (const set of guests.snp) expect(Schema.Compile(SnpReferenceSet).Check(set)).toBe(true);
  expect(guests.snp).toHaveLength(1);
  expect(() => JSON.stringify([found, guests])).not.toThrow();
});

it('reads a view into a larger buffer as the same', () => {
  const bytes = encodeCbor(
    new CborTag(
      500,
      new CborTag(
        501,
        mapOf([0, 'x'], [1, [comid({ references: [[td, measured('mrtd', { 2: sha384('a') })]] })]]),
      ),
    ),
  );
  expect(corimReferenceSets(asView(bytes), { now: 0 })).toEqual(
    corimReferenceSets(bytes, { now: 0 }),
  );
});

describe('is done in time with', () => {
  const most = 200_000;
  const huge = 'x'.repeat(4_000_000);
  const mrTd = measured('mrtd', { 2: sha384('a') });
  it.each<[string, CorimParts]>([
    [
      'many entries that are not known',
      { tags: [comid({ references: [[td, mrTd]] })], more: many((i) => [i + 100, 0]) },
    ],
    [
      'values that are not known',
      {
        tags: [
          comid({
            references: [
              [
                td,
                measured('mrtd', {
                  2: sha384('a'),
                  ...Object.fromEntries(many((i) => [i + 100, 0])),
                }),
              ],
            ],
          }),
        ],
      },
    ],
    ['many tags that are not known', { tags: many(() => new CborTag(599, 0)) }],
    [
      'a name that is a large tag',
      {
        tags: [
          comid({
            references: [
              [
                mapOf([
                  0,
                  mapOf([
                    0,
                    new CborTag(
                      999,
                      many(() => 0),
                    ),
                  ]),
                ]),
                mrTd,
              ],
            ],
          }),
        ],
      },
    ],
    [
      'large names',
      { id: huge, tags: [comid({ tagId: huge, references: many(() => [td, mrTd], 500) })] },
    ],
    [
      'references',
      {
        tags: [
          comid({
            references: many(
              (i) => [td, measured(['mrtd', 'rtmr0', 'rtmr1', 'rtmr2'][i % 4], { 4: 0 })],
              30_000,
            ),
          }),
        ],
      },
    ],
  ])('%s', (_name, parts) => {
    const bytes = corim(parts);
    const start = performance.now();
    corimReferenceSets(bytes, { now: 0 });
    expect(performance.now() - start).toBeLessThan(5_000);
  });

  function many<T>(make: (i: number) => T, count = most): T[] {
    return Array.from({ length: count }, (_, i) => make(i));
  }
});
