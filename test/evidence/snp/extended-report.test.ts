import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import type { SnpInput } from '../../../src/evidence/snp/input.ts';
import { verifySnp } from '../../../src/evidence/snp/verifier.ts';
import { OTHER_RSA_4096, RSA_4096 } from '../../support/rsa-keys.ts';
import { answerOf, answers, GUIDS, goodTable, snpEvidence } from '../../support/snp.ts';
import { snpWorld } from '../../support/snp-certificates.ts';

const world = await snpWorld();
const good = await snpEvidence(world);
const cloud = await snpEvidence(world, 'vlek');
const { input, anchors } = good;

const verify = (change: Partial<SnpInput>) => verifySnp({ ...input, ...change, anchors });

/** What comes with a report that has its certificates behind it. */
const { vek: _vek, chain: _chain, ...bare } = input;

describe('an extended report', () => {
  const { vcek, vlek, ask, ark } = GUIDS;
  type Entries = Parameters<typeof goodTable>[0];
  const extended = (entries: Entries, of = good) =>
    verifySnp({
      ...bare,
      report: concatBytes(of.input.report, goodTable(entries)),
      anchors: of.anchors,
    });

  it.each<[string, Entries]>([
    [
      'with leaf and intermediate',
      [
        [vcek, good.vek],
        [ask, good.ask],
      ],
    ],
    [
      'with the root as well',
      [
        [ark, good.root],
        [vcek, good.vek],
        [ask, good.ask],
      ],
    ],
  ])('%s', (_, entries) => {
    expect(extended(entries).verdict).toBe('accept');
  });

  it('of a VLEK', () => {
    const entries: Entries = [
      [vlek, cloud.vek],
      [ask, cloud.ask],
    ];
    expect(extended(entries, cloud).verdict).toBe('accept');
    // A VCEK entry is no substitute.
    const other = extended(
      [
        [vcek, cloud.vek],
        [ask, cloud.ask],
      ],
      cloud,
    );
    expect(answers(other, 'unresolved')).toEqual(['snp.vek.format']);
    expect(answerOf(other, 'snp.vek.format').because).toContain(
      'none of the kind that the report names',
    );
  });

  it('with a table of nothing leaves the question open', () => {
    const result = extended([]);
    expect(answers(result, 'unresolved')).toEqual(['snp.vek.format']);
    expect(answers(result, 'pass')).toContain('snp.certificate_table.format');
    expect(result.verdict).toBe('indeterminate');
  });

  it('with GUIDs in the wrong byte order says what may be wrong', () => {
    const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    const mixed = Uint8Array.from(order, (at) => vcek[at] ?? 0);
    const result = extended([[mixed, good.vek]]);
    expect(result.verdict).toBe('reject');
    expect(answerOf(result, 'snp.certificate_table.format')).toMatchObject({
      got: 'the GUID of vcek in mixed-endian byte order, want that of RFC 4122',
    });
  });

  it('gives way to what the caller has', async () => {
    const table = goodTable([
      [vcek, Uint8Array.of(1)],
      [ask, Uint8Array.of(2)],
    ]);
    const report = concatBytes(input.report, table);
    expect(verify({ report }).verdict).toBe('accept');
    const { chain: _, ...withoutChain } = input;
    const mixed = verifySnp({ ...withoutChain, report, anchors });
    expect(answers(mixed, 'fail')).toEqual(['snp.vek.intermediate']);
  });

  it('with a table that can’t be read is not accepted, whatever else is given', () => {
    const report = concatBytes(input.report, goodTable([[vcek, good.vek]]).with(16, 0));
    const result = verify({ report });
    expect(answers(result, 'fail')).toEqual(['snp.certificate_table.format']);
    expect(result).toMatchObject({ verdict: 'reject', authentic: false });
  });

  const MIB = 1024 * 1024;
  /** A good table with zeros behind it up to this size. */
  const padded = (size: number) => {
    const table = new Uint8Array(size);
    table.set(
      goodTable([
        [vcek, good.vek],
        [ask, good.ask],
      ]),
    );
    return verifySnp({ ...bare, report: concatBytes(input.report, table), anchors });
  };

  it('with a table of one MiB is read', () => {
    expect(padded(MIB).verdict).toBe('accept');
  });

  it.each([MIB + 1, 3 * MIB])(
    'with a table of %i bytes is not, nor looked at to its end',
    (size) => {
      const result = padded(size);
      expect(answers(result, 'fail')).toEqual(['snp.certificate_table.format']);
      expect(answerOf(result, 'snp.certificate_table.format')).toMatchObject({
        got: `want at most ${MIB} bytes, got ${MIB + 1}`,
      });
      expect(answers(result, 'unresolved')).toEqual(['snp.vek.format']);
      expect(result).toMatchObject({ verdict: 'reject', authentic: false });
    },
  );

  it('with a root of somebody else’s is refused', async () => {
    const rogue = await snpEvidence(
      await snpWorld('Genoa', { ark: OTHER_RSA_4096, ask: RSA_4096 }),
    );
    const result = extended([
      [vcek, good.vek],
      [ask, good.ask],
      [ark, rogue.root],
    ]);
    expect(answers(result, 'fail')).toEqual(['snp.vek.root']);
  });
});
