import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { SharedWatch } from '../../src/store/shared-watch.ts';
import { Watch } from '../../src/store/watch.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const later = (ms: number) => vi.advanceTimersByTimeAsync(ms);

async function watched() {
  const state = { number: 1, isGone: false, looks: 0 };
  const onChange = vi.fn();
  const look = async () => {
    state.looks++;
    if (state.isGone) throw new Error('gone');
    return state.number;
  };
  return { state, onChange, watch: await Watch.start(look, 100, onChange) };
}

it('calls for each change, and for nothing else', async () => {
  const { state, onChange, watch } = await watched();
  await later(1_000);
  expect(onChange).not.toHaveBeenCalled();
  expect(state.looks).toBe(11);
  state.number = 2;
  await later(100);
  expect(onChange).toHaveBeenCalledTimes(1);
  await later(1_000);
  expect(onChange).toHaveBeenCalledTimes(1);
  watch.stop();
});

it('looks at once when it is woken, also while it looks', async () => {
  const { state, onChange, watch } = await watched();
  state.number = 2;
  watch.wake();
  await later(0);
  expect(onChange).toHaveBeenCalledTimes(1);
  watch.wake();
  watch.wake();
  await later(0);
  expect(state.looks).toBe(3);
  watch.stop();
});

it('calls once after what it looks at was gone, and looks at that less and less often', async () => {
  const { state, onChange, watch } = await watched();
  state.isGone = true;
  await later(10_000);
  // After 100, 200, 400 and so on up to 5,000 milliseconds.
  expect(state.looks).toBe(7);
  state.isGone = false;
  await later(5_000);
  expect(onChange).toHaveBeenCalledTimes(1);
  const { looks } = state;
  await later(1_000);
  expect(onChange).toHaveBeenCalledTimes(1);
  expect(state.looks).toBe(looks + 10);
  watch.stop();
});

it('calls once after the way to it was lost, though nothing has changed', async () => {
  const { onChange, watch } = await watched();
  watch.lose();
  await later(1_000);
  expect(onChange).toHaveBeenCalledTimes(1);
  watch.stop();
});

it('looks no more once it is stopped, and keeps no timer', async () => {
  const { state, watch } = await watched();
  await later(50);
  watch.stop();
  await later(1_000);
  expect(state.looks).toBe(1);
  expect(vi.getTimerCount()).toBe(0);
});

it('fails to start where it can not look', async () => {
  const start = Watch.start(() => Promise.reject(new Error('gone')), 100, vi.fn());
  await expect(start).rejects.toThrow('gone');
  expect(vi.getTimerCount()).toBe(0);
});

it('of many who watch the first begins it and the last ends it, in whatever order', async () => {
  const said: string[] = [];
  const shared = new SharedWatch(async () => {
    said.push('begun');
    return async () => {
      said.push('ended');
    };
  });
  const callback = vi.fn();
  const [one, two] = await Promise.all([shared.add(callback), shared.add(callback)]);
  shared.tell();
  expect(callback).toHaveBeenCalledTimes(2);
  await one();
  await one();
  shared.tell();
  expect(callback).toHaveBeenCalledTimes(3);
  expect(said).toEqual(['begun']);
  const ending = two();
  const next = shared.add(callback);
  await ending;
  expect(said).toEqual(['begun', 'ended']);
  await next;
  expect(said).toEqual(['begun', 'ended', 'begun']);
});

it('that can not begin can be begun again', async () => {
  let tries = 0;
  const shared = new SharedWatch(async () => {
    if (tries++ === 0) throw new Error('not now');
    return async () => undefined;
  });
  await expect(shared.add(vi.fn())).rejects.toThrow('not now');
  await (await shared.add(vi.fn()))();
  expect(tries).toBe(2);
});
