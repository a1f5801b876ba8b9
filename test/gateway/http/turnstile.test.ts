import { describe, expect, it } from 'vitest';
import { Refusal } from '../../../src/gateway/http/problem.ts';
import { Turnstile } from '../../../src/gateway/http/turnstile.ts';

function turnstile(running: number, waiting: number, waitAtMost = 60_000) {
  const numbers: string[] = [];
  const refused: string[] = [];
  const gate = new Turnstile({
    running,
    waiting,
    waitAtMost,
    retryAfter: 1000,
    onChange: (now, behind) => numbers.push(`${now}+${behind}`),
    onRefusal: () => refused.push('refused'),
  });
  return { gate, numbers, refused };
}

/** Work that ends when it is told to. */
function work() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let begun = 0;
  const act = () => {
    begun++;
    return promise;
  };
  return { act, resolve, reject, begun: () => begun };
}

describe('a turnstile', () => {
  it('lets them through in order, and no more at once than it may', async () => {
    const { gate, numbers } = turnstile(2, 5);
    const works = Array.from({ length: 5 }, work);
    const done = works.map(({ act }) => gate.pass(act));
    const begun = () => works.map((one) => one.begun()).join('');
    expect(begun()).toBe('11000');
    works[1]?.resolve('b');
    expect(await done[1]).toBe('b');
    expect(begun()).toBe('11100');
    works[0]?.reject(new Error('a'));
    await expect(done[0]).rejects.toThrow('a');
    expect(begun()).toBe('11110');
    for (const one of works) one.resolve('c');
    await Promise.all(done.slice(2));
    expect(numbers.at(-1)).toBe('0+0');
    expect(numbers).toContain('2+3');
    expect(numbers.every((text) => Number(text[0]) <= 2)).toBe(true);
  });

  it('turns away whoever finds the queue full', async () => {
    const { gate, refused } = turnstile(1, 1);
    const [first, second] = [work(), work()];
    const done = [gate.pass(first.act), gate.pass(second.act)];
    const third = work();
    await expect(gate.pass(third.act)).rejects.toEqual(new Refusal('busy', { retryAfter: 1000 }));
    first.resolve('');
    second.resolve('');
    await Promise.all(done);
    expect([third.begun(), refused]).toEqual([0, ['refused']]);
    third.resolve('d');
    expect(await gate.pass(third.act)).toBe('d');
  });

  it('turns away whoever waited too long, and hands its place to the next', async () => {
    const { gate, numbers } = turnstile(1, 2, 20);
    const first = work();
    const done = gate.pass(first.act);
    const late = work();
    await expect(gate.pass(late.act)).rejects.toMatchObject({ code: 'busy' });
    expect(numbers.at(-1)).toBe('1+0');
    const next = work();
    const after = gate.pass(next.act);
    first.resolve('');
    next.resolve('e');
    await done;
    expect(await after).toBe('e');
    expect([late.begun(), numbers.at(-1)]).toEqual([0, '0+0']);
  });

  it('takes work that throws before it promises anything', async () => {
    const { gate, numbers } = turnstile(1, 0);
    const act = () => {
      throw new Error('at once');
    };
    await expect(gate.pass(act)).rejects.toThrow('at once');
    expect(numbers.at(-1)).toBe('0+0');
  });
});
