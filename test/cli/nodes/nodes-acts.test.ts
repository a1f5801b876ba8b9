import { describe, expect, it } from 'vitest';
import { jsonOf } from '../fake-io.ts';
import { type Asked, ID, json, NODE, nodes, problem } from './fake-gateway.ts';

const bodyOf = ({ body }: Asked) => JSON.parse(Buffer.from(body).toString());

describe('what is asked for', () => {
  it.each([
    [['quarantine', ID, '--reason', 'it smells odd'], 'quarantine', { reason: 'it smells odd' }],
    [
      ['quarantine', ID, '--reason', 'it smells odd', '--until', '24h'],
      'quarantine',
      { reason: 'it smells odd', until: '2026-06-02T00:00:00Z' },
    ],
    [['release', ID, '--reason', 'it is aired out'], 'release', { reason: 'it is aired out' }],
    [['revoke', ID, '--reason', 'it was sold on'], 'revoke', { reason: 'it was sold on' }],
    [
      ['override', ID, '--reason', 'the vendor is late', '--until', '2026-06-01T06:00:00Z'],
      'override',
      { reason: 'the vendor is late', until: '2026-06-01T06:00:00Z' },
    ],
  ])('%j', async (argv, word, body) => {
    const asked: Asked[] = [];
    const path = `POST /v1/nodes/${ID}/${word}`;
    const ran = await nodes([...argv, '--json'], { [path]: () => json(NODE) }, { asked });
    expect(ran.exit).toBe(0);
    expect(jsonOf(ran)).toEqual(NODE);
    expect(asked.map(bodyOf)).toEqual([body]);
    expect(asked[0]?.headers.get('content-type')).toBe('application/json');
  });

  it('remove says why in the address', async () => {
    const path = `DELETE /v1/nodes/${ID}?reason=it%20was%20sold%20%26%20gone`;
    const answer = () => new Response(null, { status: 204 });
    const ran = await nodes(['remove', ID, '--reason', 'it was sold & gone'], { [path]: answer });
    expect(ran).toEqual({ exit: 0, out: `${ID} is removed\n`, err: '' });
  });
});

describe('refused before anything is asked', () => {
  it.each([
    [['revoke', ID], '--reason is missing: whoever looks later wants to know'],
    [
      ['revoke', ID, '--reason', 'why'],
      '--reason: want 8 characters or more, so that it says something',
    ],
    [['override', ID, '--reason', 'long enough'], '--until is missing: an override is for a while'],
    [
      ['override', ID, '--reason', 'long enough', '--until', '2026-05-31T00:00:00Z'],
      '--until: is over already: 2026-05-31T00:00:00Z',
    ],
    [
      ['quarantine', ID, '--reason', 'long enough', '--until', 'tomorrow'],
      '--until: want a time like 2026-01-31T00:00:00Z, got "tomorrow"',
    ],
  ])('%j', async (argv, detail) => {
    expect(await nodes(argv, {})).toEqual({ exit: 64, out: '', err: `postern: ${detail}\n` });
  });
});

describe('what the gateway says no to', () => {
  const path = `POST /v1/nodes/${ID}/release`;
  it.each<readonly [Parameters<typeof problem>[0], number, string]>([
    ['conflict', 1, 'node.standing: it is not in quarantine'],
    ['missing', 1, 'node.standing: it is not in quarantine'],
    ['usage', 64, 'node.standing: it is not in quarantine'],
    ['malformed', 64, 'node.standing: it is not in quarantine'],
    ['unauthenticated', 64, 'node.standing: it is not in quarantine'],
    ['forbidden', 64, 'node.standing: it is not in quarantine'],
    ['internal', 69, 'Unexpected error: it is not in quarantine'],
    ['busy', 69, 'node.standing: it is not in quarantine'],
  ])('%s', async (code, exit, line) => {
    const answer = () => problem(code, { at: 'node.standing', detail: 'it is not in quarantine' });
    const ran = await nodes(['release', ID, '--reason', 'long enough'], { [path]: answer });
    expect([ran.exit, ran.out]).toEqual([exit, '']);
    expect(ran.err).toContain(line);
  });

  it('says when to come again', async () => {
    const answer = () => problem('too-many-requests', {}, { 'retry-after': '12' });
    const ran = await nodes(['release', ID, '--reason', 'long enough'], { [path]: answer });
    expect([ran.exit, ran.err]).toEqual([
      69,
      `postern: https://gate.example.org/v1/nodes/${ID}/release: Too many requests: Too many requests; it says to try again in 12 s\n`,
    ]);
  });

  it('never takes a redirect for an answer', async () => {
    const answer = () => new Response(null, { status: 307, headers: { location: 'https://x' } });
    const ran = await nodes(['release', ID, '--reason', 'long enough'], { [path]: answer });
    expect(ran.exit).toBe(69);
  });
});
