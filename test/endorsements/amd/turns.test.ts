import { describe, expect, it } from 'vitest';
import { type Pace, Turns } from '../../../src/endorsements/amd/turns.ts';
import { Clock } from './world.ts';

const PACE: Pace = { intervalMs: 10_000, burst: 1, mostWaiting: 3, patienceMs: 60_000 };
const AT = 'https://kds.example/x';

function queue(pace: Partial<Pace> = {}, clock = new Clock(0)) {
  return { clock, turns: new Turns(clock, { ...PACE, ...pace }) };
}

describe('the pace', () => {
  it('the first goes at once, each further one an interval later', async () => {
    const { clock, turns } = queue();
    const asked: number[] = [];
    const ask = () => turns.take(AT, async () => asked.push(clock.ms));
    await Promise.all([ask(), ask(), ask()]);
    expect(asked).toEqual([0, 10_000, 20_000]);
  });

  it('a burst goes at once; then one an interval', async () => {
    const { clock, turns } = queue({ burst: 2 });
    const asked: number[] = [];
    const ask = () => turns.take(AT, async () => asked.push(clock.ms));
    for (let i = 0; i < 4; i++) await ask();
    expect(asked).toEqual([0, 0, 10_000, 20_000]);
    clock.ms += 100_000;
    for (let i = 0; i < 3; i++) await ask();
    expect(asked.slice(4)).toEqual([120_000, 120_000, 130_000]);
  });

  it('counts time spent otherwise', async () => {
    const { clock, turns } = queue();
    await turns.take(AT, async () => undefined);
    clock.ms += 7000;
    await turns.take(AT, async () => undefined);
    expect(clock.waits).toEqual([3000]);
  });

  it('a clock that is set back costs one interval, no more', async () => {
    const { clock, turns } = queue();
    clock.ms = 1_000_000_000;
    await turns.take(AT, async () => undefined);
    clock.ms = 0;
    await turns.take(AT, async () => undefined);
    expect(clock.waits).toEqual([10_000]);
  });

  it('tells who waits, before the wait', async () => {
    const told: unknown[] = [];
    const clock = new Clock(0);
    const onWait = (ms: number, at: string) => told.push([ms, at, clock.ms]);
    const turns = new Turns({ ...clock, now: clock.now, onWait }, PACE);
    await turns.take(AT, async () => undefined);
    await turns.take(AT, async () => undefined);
    expect(told).toEqual([[10_000, AT, 0]]);
  });
});

describe('one at a time', () => {
  it('in the order of arrival, whatever became of the one before', async () => {
    const { turns } = queue({ intervalMs: 0 });
    const events: string[] = [];
    const ask = (name: string, fail: boolean) =>
      turns.take(AT, async () => {
        events.push(`${name} starts`);
        await Promise.resolve();
        events.push(`${name} ends`);
        if (fail) throw new Error(name);
      });
    const all = await Promise.allSettled([ask('a', true), ask('b', false), ask('c', false)]);
    expect(all.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(events).toEqual(['a starts', 'a ends', 'b starts', 'b ends', 'c starts', 'c ends']);
  });

  it('who is one too many is sent away, and the queue goes on', async () => {
    const { turns } = queue({ intervalMs: 0 });
    const ask = () => turns.take(AT, async () => 'asked');
    const all = await Promise.allSettled([ask(), ask(), ask(), ask()]);
    expect(all[3]).toMatchObject({
      status: 'rejected',
      reason: { code: 'unreachable', at: AT, detail: 'not asked: 3 requests wait already' },
    });
    expect(await ask()).toBe('asked');
  });
});

describe('patience', () => {
  it('ends before a turn that would come too late, without a request or a wait', async () => {
    const { clock, turns } = queue({ patienceMs: 15_000 });
    let asked = 0;
    const ask = () => turns.take(AT, async () => asked++);
    const all = await Promise.allSettled([ask(), ask(), ask()]);
    expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(all[2]).toMatchObject({
      reason: { code: 'unreachable', detail: 'not asked: its turn did not come within 15 s' },
    });
    expect([asked, clock.waits]).toEqual([2, [10_000]]);
  });

  it('covers further tries too', async () => {
    const { clock, turns } = queue({ patienceMs: 25_000 });
    const again = await turns.take(AT, async (turn) => [
      await turn.again(5000),
      await turn.again(15_000),
      await turn.again(5000),
    ]);
    // A wait shorter than the interval is the interval.
    expect([again, clock.waits]).toEqual([
      [true, true, false],
      [10_000, 15_000],
    ]);
  });
});

describe('when the service wants to be left alone', () => {
  it('nobody asks until then', async () => {
    const { clock, turns } = queue();
    turns.holdOff(40_000);
    await turns.take(AT, async () => undefined);
    expect(clock.waits).toEqual([40_000]);
  });

  it('who would have to wait too long is told why', async () => {
    const { turns } = queue();
    turns.holdOff(600_000);
    await expect(turns.take(AT, async () => undefined)).rejects.toMatchObject({
      detail: 'not asked: the service asked to be left alone, for another 600 s',
    });
  });

  it('a clock that is set back ends it', async () => {
    const { clock, turns } = queue({}, new Clock(1_000_000));
    turns.holdOff(40_000);
    clock.ms = 0;
    await turns.take(AT, async () => undefined);
    expect(clock.waits).toEqual([]);
  });
});
