import { describe, expect, it } from 'vitest';
import { GATE_LIMITS, Gate } from '../../src/endorsements/gate.ts';
import { SharedAnswers } from '../../src/endorsements/shared-answers.ts';
import { FakeWeb, statusOf } from './fake-web.ts';
import { LIMITS } from './world.ts';

const SERVICE = 'https://service.example';
const A = { url: `${SERVICE}/a`, limits: { ...LIMITS, pauseMs: 0 } };
const B = { ...A, url: `${SERVICE}/b` };

function world() {
  const clock = { ms: 1_000_000 };
  let count = 0;
  const web = new FakeWeb(() => new Response(`answer ${++count}`));
  const gate = new Gate({ fetch: web.fetch, now: () => clock.ms }, SERVICE, GATE_LIMITS);
  const answers = new SharedAnswers(gate, () => clock.ms);
  const text = async (request: typeof A) =>
    new TextDecoder().decode((await answers.get(request)).body);
  return { clock, web, answers, text };
}

describe('answers that are shared', () => {
  it('one request for all who ask at once, and within a minute', async () => {
    const { clock, web, text } = world();
    const all = await Promise.all(Array.from({ length: 50 }, () => text(A)));
    expect(new Set(all)).toEqual(new Set(['answer 1']));
    clock.ms += 59_999;
    expect(await text(A)).toBe('answer 1');
    expect(web.requests).toEqual([A.url]);
    clock.ms += 1;
    expect(await text(A)).toBe('answer 2');
  });

  it('each URL has its own', async () => {
    const { text } = world();
    expect([await text(A), await text(B), await text(A)]).toEqual([
      'answer 1',
      'answer 2',
      'answer 1',
    ]);
  });

  it('what was of no use is asked for again', async () => {
    const { answers, text } = world();
    await text(A);
    await text(B);
    answers.forget([A.url]);
    expect([await text(A), await text(B)]).toEqual(['answer 3', 'answer 2']);
  });

  it('a clock that was set back keeps nothing alive', async () => {
    const { clock, text } = world();
    await text(A);
    clock.ms -= 1;
    expect(await text(A)).toBe('answer 2');
  });

  it('a failure is everybody’s who waited, and is not kept', async () => {
    const { web, answers, text } = world();
    web.answer = statusOf(404);
    const all = await Promise.allSettled([answers.get(A), answers.get(A)]);
    for (const { status } of all) expect(status).toBe('rejected');
    expect(web.requests).toHaveLength(1);
    await expect(answers.get(A)).rejects.toMatchObject({
      code: 'unreachable',
      at: A.url,
      detail: 'HTTP 404',
    });
    web.answer = () => new Response('well');
    expect(await text(A)).toBe('well');
  });
});
