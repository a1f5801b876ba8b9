import { expect, it } from 'vitest';
import { expectWholeAt, killedLoad } from '../support/killed-load.ts';
import { SQLITE, withBed } from '../support/store-beds.ts';

const KILLS = 100;

it(`a writer that is killed ${KILLS} times loses nothing that it was told is durable`, async () => {
  await withBed(SQLITE, async (bed) => {
    const acknowledged = new Set<string>();
    for (let n = 0; n < KILLS; n++) {
      const before = acknowledged.size;
      const errors = await killedLoad(bed.place, `life-${n}`, acknowledged, (child) =>
        child.kill('SIGKILL'),
      );
      expect(errors).toBe('');
      expect(acknowledged.size).toBeGreaterThan(before);
      await expectWholeAt(bed.place, acknowledged);
    }
    expect(await (await bed.open()).faults()).toEqual([]);
  });
});
