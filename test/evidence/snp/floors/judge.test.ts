import { describe, expect, it } from 'vitest';
import { floorClaims, floorNotes } from '../../../../src/evidence/snp/floors/claims.ts';
import {
  type BulletinState,
  type FloorInput,
  judgeFloors,
} from '../../../../src/evidence/snp/floors/judge.ts';
import {
  GENOA_B1,
  GENOA_X,
  MILAN_B1,
  TURIN_C1,
} from '../../../../src/evidence/snp/floors/processors.ts';

const genoa = (snp: number, microcode: number, more: Partial<FloorInput> = {}): FloorInput => ({
  line: 'genoa',
  cpuid: GENOA_B1.cpuid,
  reportedTcb: { bootLoader: 10, tee: 0, snp, microcode },
  ...more,
});

function stateOf(input: FloorInput, id: string): BulletinState {
  const found = judgeFloors(input).find((state) => state.id === id);
  if (found === undefined) throw new Error(`no answer about ${id}`);
  return found;
}

describe('a bulletin', () => {
  it.each([
    [0x17, 0x54, 'at-or-above'],
    [0x16, 0x54, 'below'],
    [0x17, 0x53, 'below'],
    [0xff, 0x53, 'below'],
    [0x16, 0xff, 'below'],
    [0xff, 0xff, 'at-or-above'],
    [0, 0, 'below'],
  ])('is decided component by component: snp %i, microcode %i', (snp, microcode, state) => {
    expect(stateOf(genoa(snp, microcode), 'AMD-SB-3019').state).toBe(state);
  });

  it('says what is wanted and what is seen', () => {
    expect(stateOf(genoa(0x14, 0x54), 'AMD-SB-3019').because).toBe(
      'below the fix for AMD-SB-3019: snp 0x17 wanted, 0x14 seen (reported TCB)',
    );
    expect(stateOf(genoa(0x14, 0x48), 'AMD-SB-3019').because).toBe(
      'below the fix for AMD-SB-3019: snp 0x17 wanted, 0x14 seen; microcode 0x54 wanted, 0x48 seen (reported TCB)',
    );
    expect(stateOf(genoa(0x17, 0x54), 'AMD-SB-3019').because).toBe(
      'at or above the fix for AMD-SB-3019: snp 0x17, microcode 0x54 reached (reported TCB)',
    );
  });

  it('takes the microcode of each processor by its own numbers', () => {
    expect(stateOf(genoa(0x17, 0x4f), 'AMD-SB-3019').state).toBe('below');
    const cached = genoa(0x17, 0x4f, { cpuid: GENOA_X.cpuid });
    expect(stateOf(cached, 'AMD-SB-3019').state).toBe('at-or-above');
  });

  it('is undecided without a CPUID, once what holds for the line is met', () => {
    const unnamed = { cpuid: undefined };
    expect(stateOf(genoa(0x17, 0xff, unnamed), 'AMD-SB-3019')).toMatchObject({
      state: 'undecided',
      because:
        'undecided for AMD-SB-3019: snp 0x17 reached (reported TCB); the microcode minimum is by exact processor, and the report names none',
    });
    expect(stateOf(genoa(0x16, 0xff, unnamed), 'AMD-SB-3019').state).toBe('below');
    expect(stateOf(genoa(0x1b, 0, unnamed), 'AMD-SB-3023').state).toBe('at-or-above');
  });

  it.each([0, 0x1b, 0x1c, 0xff])('that was withdrawn judges nothing: snp %i', (snp) => {
    expect(stateOf(genoa(snp, 0xff), 'AMD-SB-3034').state).toBe('withdrawn');
  });

  it('reads Turin’s components in Turin’s layout', () => {
    const turin = (snp: number, microcode: number): FloorInput => ({
      line: 'turin',
      cpuid: TURIN_C1.cpuid,
      reportedTcb: { fmc: 1, bootLoader: 1, tee: 1, snp, microcode },
    });
    expect(stateOf(turin(4, 0x50), 'AMD-SB-3020').state).toBe('at-or-above');
    expect(stateOf(turin(3, 0x50), 'AMD-SB-3020').state).toBe('below');
    expect(stateOf(turin(4, 0x50), 'AMD-SB-3027').state).toBe('below');
    expect(stateOf(turin(4, 0x51), 'AMD-SB-3027').state).toBe('at-or-above');
  });

  it('about another line has no answer', () => {
    const ids = judgeFloors({ line: 'turin', reportedTcb: {} }).map(({ id }) => id);
    expect(ids).toEqual([
      'AMD-SB-3016',
      'AMD-SB-3020',
      'AMD-SB-3023',
      'AMD-SB-3027',
      'AMD-SB-3030',
      'AMD-SB-3034',
    ]);
  });

  it('is not met by a component that the TCB lacks', () => {
    const { state, because } = stateOf({ line: 'turin', reportedTcb: {} }, 'AMD-SB-3023');
    expect(state).toBe('below');
    expect(because).toContain('snp 0x04 wanted, none seen');
  });
});

describe('bits beside the TCB', () => {
  const vector = (bits: number) => Uint8Array.of(bits, 0, 0, 0, 0, 0, 0, 0);

  it('tell of the fix either way', () => {
    const done = stateOf(genoa(0x1b, 0x56, { platformInfo: 0x20n }), 'AMD-SB-3015');
    const open = stateOf(genoa(0x1b, 0x56, { platformInfo: ~0x20n & 0xffn }), 'AMD-SB-3015');
    expect(done.also).toEqual([expect.stringContaining('PLATFORM_INFO bit 5 is one:')]);
    expect(open.also).toEqual([expect.stringContaining('PLATFORM_INFO bit 5 is zero:')]);
  });

  it('change no state where they are only beside the fix', () => {
    const states = [0n, 0xffn].map(
      (platformInfo) =>
        stateOf(genoa(0x1b, 0x56, { platformInfo, currentMitVector: vector(0) }), 'AMD-SB-3020')
          .state,
    );
    expect(states).toEqual(['at-or-above', 'at-or-above']);
  });

  it.each([
    ['AMD-SB-3015', { platformInfo: 0x20n }, { platformInfo: 0xdfn }],
    ['AMD-SB-3016', { currentMitVector: vector(0b100) }, { currentMitVector: vector(0xfb) }],
  ] as const)('are part of the fix of %s: one, zero, and not there', (id, one, zero) => {
    const states = [one, zero, {}].map((more) => stateOf(genoa(0x1b, 0x56, more), id).state);
    expect(states).toEqual(['at-or-above', 'undecided', 'undecided']);
    // What falls short needs no bit to be known for it.
    expect(stateOf(genoa(0x15, 0x56, one), id).state).toBe('below');
    expect(stateOf(genoa(0x15, 0x56, zero), id).state).toBe('below');
  });

  it('that are part of a fix say what is missing', () => {
    const zero = genoa(0x1b, 0x56, { currentMitVector: vector(0) });
    expect(stateOf(zero, 'AMD-SB-3016').because).toContain('CURRENT_MIT_VECTOR bit 2 is zero');
    expect(stateOf(genoa(0x1b, 0x56), 'AMD-SB-3016').because).toContain(
      'this version of the report has no CURRENT_MIT_VECTOR',
    );
  });

  it('of one line are no part of the fix of another', () => {
    const turin = (platformInfo: bigint) =>
      stateOf({ line: 'turin', reportedTcb: { snp: 4 }, platformInfo }, 'AMD-SB-3016');
    expect(turin(0x40n).because).toBe(turin(0n).because);
  });

  it('are read from the mitigation vector, lowest bit first', () => {
    const also = (bits: number) =>
      stateOf(genoa(0x1b, 0x56, { currentMitVector: vector(bits) }), 'AMD-SB-3016').also;
    expect(also(0b100)).toEqual([expect.stringContaining('CURRENT_MIT_VECTOR bit 2 is one:')]);
    expect(also(0b011)).toEqual([expect.stringContaining('CURRENT_MIT_VECTOR bit 2 is zero:')]);
  });

  it('are not spoken of where the report has none, or the line has no such bit', () => {
    expect(stateOf(genoa(0x1b, 0x56), 'AMD-SB-3016').also).toEqual([]);
    const all = genoa(0x1b, 0x56, { platformInfo: 0xffn, currentMitVector: vector(0xff) });
    expect(stateOf(all, 'AMD-SB-3016').also).toHaveLength(1);
    expect(stateOf(all, 'AMD-SB-3030').also).toEqual([]);
    expect(
      stateOf({ ...all, line: 'milan', cpuid: MILAN_B1.cpuid }, 'AMD-SB-3030').also,
    ).toHaveLength(1);
  });
});

describe('claims and notes', () => {
  const states = judgeFloors(genoa(0x17, 0x54));

  it('claim every answer, the date of the table and what no TCB answers', () => {
    const claims = floorClaims('genoa', states);
    expect(claims).toMatchObject({ floorsAsOf: '2026-10-08' });
    expect(claims['bulletins']).toHaveLength(states.length);
    expect(claims['bulletins']).toContainEqual({
      id: 'AMD-SB-3019',
      state: 'at-or-above',
      because:
        'at or above the fix for AMD-SB-3019: snp 0x17, microcode 0x54 reached (reported TCB)',
      also: [],
    });
    expect(claims['knownWeaknesses']).toContainEqual(
      expect.objectContaining({ id: 'memory-interposers' }),
    );
  });

  it('note what is below, what was withdrawn and the weaknesses of the line, nothing else', () => {
    const notes = floorNotes('genoa', states);
    const about = notes.map((note) => /AMD-SB-\d+|^[a-z]+-[a-z]+/.exec(note)?.[0]);
    expect(about).toEqual([
      'AMD-SB-3016',
      'AMD-SB-3020',
      'AMD-SB-3023',
      'AMD-SB-3027',
      'AMD-SB-3034',
      undefined,
    ]);
    expect(notes.at(-1)).toMatch(/no TCB answers: .*Battering RAM.*Single-stepping/);
    expect(notes[0]).toBe(
      'below the fix for AMD-SB-3016: snp 0x1b wanted, 0x17 seen (reported TCB) (The host makes the IOMMU write into guests)',
    );
  });

  it('note of every Milan, however new, that its reports can be forged', () => {
    const newest = judgeFloors({
      line: 'milan',
      cpuid: MILAN_B1.cpuid,
      reportedTcb: { bootLoader: 255, tee: 255, snp: 255, microcode: 255 },
    });
    expect(newest.some(({ state }) => state === 'below')).toBe(false);
    expect(floorNotes('milan', newest).join('\n')).toContain('MilanLaunchy');
    expect(floorNotes('genoa', states).join('\n')).not.toContain('MilanLaunchy');
  });
});
