import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { BodyBudget } from '../../../src/gateway/http/body-budget.ts';
import { readBody } from '../../../src/gateway/http/read-body.ts';

const chunks = (...sizes: number[]) =>
  Readable.from(
    sizes.map((size) => new Uint8Array(size).fill(size)),
    { objectMode: false },
  );

describe('a body', () => {
  it('is all of its chunks, in memory of its own', async () => {
    const budget = new BodyBudget(10);
    const body = await readBody(chunks(1, 2, 3), 6, budget.open());
    expect(body).toEqual(Uint8Array.of(1, 2, 2, 3, 3, 3));
    expect([body.constructor, body.buffer.byteLength]).toEqual([Uint8Array, 6]);
  });

  it('may be empty', async () => {
    expect(await readBody(chunks(), 0, new BodyBudget(0).open())).toHaveLength(0);
  });

  it.each([
    { what: 'a byte more than it may have', sizes: [3, 4], limit: 6, all: 100, code: 'too-large' },
    { what: 'a byte more than there is', sizes: [3, 4], limit: 100, all: 6, code: 'busy' },
  ])('is not kept with $what', async ({ sizes, limit, all, code }) => {
    const budget = new BodyBudget(all);
    await expect(readBody(chunks(...sizes), limit, budget.open())).rejects.toMatchObject({ code });
  });

  it.each(['destroyed', 'failed'])('that is %s in the middle is none', async (how) => {
    const stream = new PassThrough();
    const read = readBody(stream, 100, new BodyBudget(100).open());
    stream.write('half');
    stream.destroy(how === 'failed' ? new Error('reset') : undefined);
    await expect(read).rejects.toMatchObject({ code: 'malformed', details: { at: 'body' } });
  });
});

describe('what there is for bodies', () => {
  it('comes back once, however often it is given', () => {
    const budget = new BodyBudget(10);
    const [first, second] = [budget.open(), budget.open()];
    expect([first.take(6), second.take(5), second.take(4)]).toEqual(['taken', 'too-many', 'taken']);
    first.give();
    first.give();
    expect([second.take(6), budget.open().take(1)]).toEqual(['taken', 'too-many']);
    second.give();
    expect(budget.open().take(10)).toBe('taken');
  });

  it('is not all for one: a quarter, and the largest body at the least', () => {
    const budget = new BodyBudget(100, 10);
    const [first, second, other] = [budget.open('a'), budget.open('a'), budget.open('b')];
    expect([first.take(20), second.take(6), second.take(5)]).toEqual([
      'taken',
      'too-many',
      'taken',
    ]);
    expect([second.take(1), other.take(25)]).toEqual(['too-many', 'taken']);
    first.give();
    expect([second.take(20), second.take(1)]).toEqual(['taken', 'too-many']);
    expect([new BodyBudget(100, 60).open('a').take(60), budget.open().take(50)]).toEqual([
      'taken',
      'taken',
    ]);
  });
});
