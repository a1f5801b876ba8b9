import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../src/core/bytes/writer.ts';
import { SEED } from '../fuzz/effort.ts';
import { campaign, requestTarget, responseTarget } from './mutations.ts';

const TARGETS = { request: requestTarget, response: responseTarget } as const;

describe.each(Object.entries(TARGETS))('a %s', (_, makeTarget) => {
  it('opens undamaged', () => {
    const { open, pieces, plaintexts } = makeTarget();
    expect(concatBytes(...open(pieces))).toEqual(concatBytes(...plaintexts));
  });

  it(`damaged is refused, or whole (seed ${SEED})`, () => {
    const outcomes = campaign(makeTarget, SEED, 1000);
    expect(outcomes.get('decrypt')).toBeGreaterThan(100);
    expect(outcomes.get('incomplete')).toBeGreaterThan(10);
    expect(outcomes.get('oversized')).toBeGreaterThan(0);
  });
});
