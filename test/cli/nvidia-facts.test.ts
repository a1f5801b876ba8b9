import { describe, expect, it } from 'vitest';
import { deviceFacts, ocspOf } from '../../src/cli/nvidia-facts.ts';

describe('what is said of a device', () => {
  it('of which nothing can be read: nothing', () => {
    expect(deviceFacts({})).toEqual([]);
  });

  it('whose claims are of other kinds than they should be: nothing', () => {
    expect(deviceFacts({ hwModel: null, ueid: [], driver: {}, goldenIndices: '' })).toEqual([]);
  });

  it('says where one of two manifests is all that there was', () => {
    const counts = { goldenIndices: 12, comparedIndices: 12, comparedManifests: ['vbios'] };
    expect(deviceFacts(counts)).toEqual([
      '12 of 12 active measurements compared, of the vbios manifest alone',
    ]);
    expect(deviceFacts({ ...counts, rimBiosId: 'NV_SWITCH_BIOS_1' })).toEqual([
      '12 of 12 active measurements compared',
    ]);
  });

  it('counts what differs', () => {
    const counts = { goldenIndices: 33, comparedIndices: 33, skippedIndices: [] };
    const of = (number: number) => Array.from({ length: number }, () => ({ index: 1 }));
    expect(deviceFacts({ ...counts, mismatches: of(1) })).toEqual([
      '33 of 33 active measurements compared, 1 differs',
    ]);
    expect(deviceFacts({ ...counts, mismatches: of(2) })).toEqual([
      '33 of 33 active measurements compared, 2 differ',
    ]);
  });
});

describe('OCSP', () => {
  const answer = (name: string, serial: string) => ({ subject: `CN=${name}, O=X`, serial });

  it('several answers about one certificate count once', () => {
    expect(ocspOf({ ocsp: [answer('A', '1'), answer('A', '1'), answer('B', '2')] })).toEqual({
      asked: 2,
      silent: 0,
    });
  });

  it('an answer that is out of date answers nothing, and one of a longer name is another', () => {
    expect(ocspOf({ ocsp: [answer('A', '1'), answer('A 1', '2')], ocspUnanswered: ['A'] })).toEqual(
      { asked: 2, silent: 1 },
    );
  });
});
