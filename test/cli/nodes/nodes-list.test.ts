import { describe, expect, it } from 'vitest';
import type { NodeJson } from '../../../src/protocol/node.ts';
import { jsonOf, UNSAFE } from '../fake-io.ts';
import { API_KEY, type Asked, ID, json, NODE, nodes } from './fake-gateway.ts';

const other: NodeJson = {
  ...NODE,
  id: 'f'.repeat(32),
  name: 'a machine with a long name',
  standing: {
    state: 'quarantined',
    since: '2026-05-31T00:00:00Z',
    code: 'operator.quarantine',
    until: '2026-06-03T00:00:00Z',
  },
  admittedNow: false,
  last: {
    id: 'e'.repeat(32),
    at: '2026-05-30T00:00:00Z',
    verdict: 'reject',
    authentic: true,
    codes: ['policy.gpu.count', 'tdx.tcb.status'],
  },
};
const fresh: NodeJson = {
  ...NODE,
  id: '1'.repeat(32),
  name: 'new',
  standing: { state: 'enrolled', since: '2026-06-01T00:00:00Z' },
  admittedNow: false,
};
delete (fresh as { last?: unknown }).last;

const PAGE = 'GET /v1/nodes?limit=500';

describe('nodes list', () => {
  it('is a table: where each stands, since when, until when and why', async () => {
    const { exit, out, err } = await nodes(['list'], {
      [PAGE]: () => json({ items: [NODE, fresh, other] }),
    });
    expect([exit, err]).toEqual([0, '']);
    expect(out.split('\n')).toEqual([
      '   name                        pool     state        verdict  age  until   id                                codes',
      `✓  rack-7                      serving  admitted     accept   5m   in 15m  ${ID}`,
      `·  new                         serving  enrolled     –        –    –       ${fresh.id}`,
      `!  a machine with a long name  serving  quarantined  reject   2d   in 2d   ${other.id}  operator.quarantine policy.gpu.count tdx.tcb.status`,
      '',
    ]);
  });

  it('asks as who it is, for what is asked, page by page', async () => {
    const asked: Asked[] = [];
    const { exit, out } = await nodes(
      ['list', '--pool', 'serving', '--state', 'admitted', '--json'],
      {
        'GET /v1/nodes?pool=serving&state=admitted&limit=500': () =>
          json({ items: [NODE], next: ID }),
        [`GET /v1/nodes?pool=serving&state=admitted&after=${ID}&limit=500`]: () =>
          json({ items: [other] }),
      },
      { asked },
    );
    expect(exit).toBe(0);
    expect(jsonOf({ out })).toEqual({ nodes: [NODE, other] });
    expect(asked.map(({ headers }) => headers.get('authorization'))).toEqual([
      `Bearer ${API_KEY}`,
      `Bearer ${API_KEY}`,
    ]);
  });

  it('shows no more than a line of what a machine calls itself', async () => {
    const name = 'a\u001b[2J\u202eb';
    const { out } = await nodes(['list'], { [PAGE]: () => json({ items: [{ ...NODE, name }] }) });
    expect(out).not.toMatch(UNSAFE);
  });

  it('takes what a later release says besides for nothing', async () => {
    const more = { ...NODE, colour: 'red', standing: { ...NODE.standing, mood: 'good' } };
    const { exit, out } = await nodes(['list', '--json'], {
      [PAGE]: () => json({ items: [more], total: 1 }),
    });
    expect(exit).toBe(0);
    expect(jsonOf({ out })).toEqual({ nodes: [NODE] });
  });
});

describe('is no gateway', () => {
  it.each<readonly [string, () => Response, string]>([
    ['HTML', () => new Response('<html>'), 'its answer is no JSON: is it a gateway?'],
    [
      'other JSON',
      () => json({ nodes: [] }),
      'its answer is not of this protocol: is it a gateway?',
    ],
    [
      'a node without an id',
      () => json({ items: [{ ...NODE, id: undefined }] }),
      'its answer is not of this protocol: is it a gateway?',
    ],
    ['404 of something else', () => new Response('no', { status: 404 }), 'HTTP 404'],
    [
      'pages without end',
      () => json({ items: [], next: '0'.repeat(32) }),
      'its pages go in a circle',
    ],
  ])('%s', async (_what, answer, detail) => {
    const { exit, err } = await nodes(['list'], { 'GET /v1/nodes': answer, [PAGE]: answer });
    expect(exit).toBe(69);
    expect(err).toContain(detail);
  });
});

describe('nodes show', () => {
  it('knows a machine by its name', async () => {
    const { exit, out } = await nodes(['show', 'rack-7'], {
      [PAGE]: () => json({ items: [other, NODE] }),
      [`GET /v1/nodes/${ID}`]: () => json(NODE),
    });
    expect(exit).toBe(0);
    expect(out).toContain(`id           ${ID}\n`);
    expect(out).toContain('  state      admitted\n');
  });

  it('says where there is none of that name', async () => {
    const { exit, err } = await nodes(['show', 'rack-8'], {
      [PAGE]: () => json({ items: [NODE] }),
    });
    expect([exit, err]).toEqual([1, 'postern: node: there is none called "rack-8"\n']);
  });
});

describe('refused before anything is asked', () => {
  it.each([
    [
      ['list', '--state', 'gone'],
      '--state: want enrolled, admitted, lapsed, quarantined, revoked, got "gone"',
    ],
    [['show', ID, '--sign-key', 'node.pem'], '--api-key-file and --sign-key exclude each other'],
  ])('%j', async (argv, detail) => {
    const { exit, err } = await nodes(argv, {});
    expect([exit, err]).toEqual([64, `postern: ${detail}\n`]);
  });

  it.each([
    [
      'no key',
      '',
      'postern: api.key: want an API key, postern_<role>_<id>_<secret>, and nothing else\n',
    ],
    [
      'a key of two lines',
      `${API_KEY}\n${API_KEY}`,
      'postern: api.key: want an API key, postern_<role>_<id>_<secret>, and nothing else\n',
    ],
  ])('%s', async (_what, text, line) => {
    const { exit, err } = await nodes(['list'], {}, { files: { 'api.key': text } });
    expect([exit, err]).toEqual([64, line]);
  });
});
