import { describe, expect, it } from 'vitest';
import { createLog, LOG_MESSAGES, type LogFields, siteOf } from '../../../src/gateway/http/log.ts';
import { accepted, DECISION, NODE, NOW, rejected } from '../../support/fake-fleet.ts';
import { ask, gatewayBed, JSON_HEADERS, sampleOf } from '../../support/gateway-bed.ts';

const ALLOWED = new Set([
  ...['level', 'time', 'msg', 'reqId', 'method', 'route', 'status', 'ms', 'principal'],
  ...['principalId', 'role', 'decision', 'fault', 'at', 'site'],
]);

function written(
  fields: object,
  addresses: 'written' | 'left-out' = 'left-out',
  message: (typeof LOG_MESSAGES)[number] = 'request refused',
) {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const log = createLog({ destination, level: 'info', addresses, now: () => NOW });
  log('info', message, fields as LogFields);
  return lines;
}

const one = (fields: object) => JSON.parse(written(fields)[0] ?? 'null');
const BARE = { level: 'info', time: '2026-03-01T12:00:00Z', msg: 'request refused' };

describe('a line', () => {
  it('has what it may have', () => {
    const fields = {
      reqId: '00'.repeat(8),
      method: 'POST',
      route: '/v1/nodes/:node/attestations',
      status: 403,
      ms: 12.4,
      principal: 'node',
      principalId: NODE,
      role: 'admin',
      decision: DECISION,
      fault: 'attestation-rejected',
      at: 'body.key.publicKey',
      site: 'gateway/fleet/admission.ts:12:3',
    };
    expect(one(fields)).toEqual({ ...BARE, ...fields, ms: 12 });
    expect(Object.keys(one(fields)).every((name) => ALLOWED.has(name))).toBe(true);
  });

  it.each([
    ['a field of none', { url: '/v1/nodes?x', headers: { a: 1 }, body: 'x', address: '10.0.0.1' }],
    [
      'a field named like ours',
      { level: 'fatal', time: 'never', msg: 'all is well', pid: 1, v: 1 },
    ],
    ['a line break', { reqId: 'a\n{"level":"error"}', decision: `${DECISION}\n` }],
    ['colours', { route: '\u001b[31m/v1', principalId: '\u001b]0;x\u0007' }],
    ['a word that is none of ours', { principal: 'root', role: 'god', fault: 'so it is' }],
    ['something without end', { route: '/'.repeat(1e6), site: `${'a'.repeat(1e6)}:1:1` }],
    ['objects', { reqId: { toString: () => '00'.repeat(8) }, status: '200', ms: Number.NaN }],
    ['a prototype', JSON.parse('{"__proto__":{"reqId":"0000000000000000"}}')],
    ['an inherited one', Object.create({ reqId: '00'.repeat(8) })],
    ['nothing', { reqId: undefined, status: null }],
  ])('has no room for %s', (_what, fields) => {
    expect(one(fields)).toEqual(BARE);
    expect(written(fields)[0]?.split('\n')).toHaveLength(2);
  });

  it('takes a place apart that a stranger named', () => {
    const at = `body.\u001b[31m\n"level":"error"/etc/${'a'.repeat(500)}`;
    const { at: left } = one({ at });
    expect(left).toMatch(/^body\.[?A-Za-z0-9[\]_.-]+$/);
    expect(left).toHaveLength(128);
  });

  it('has a method that nobody knows as that', () => {
    expect(one({ method: 'X\r\nY' }).method).toBe('other');
  });

  it('has the address only where that is wanted', () => {
    expect(JSON.parse(written({ address: '::ffff:10.0.0.1' }, 'written')[0] ?? '').address).toBe(
      '::ffff:10.0.0.1',
    );
    expect(JSON.parse(written({ address: 'evil\n' }, 'written')[0] ?? '')).toEqual(BARE);
  });

  it('is none, of a message that is not on the list', () => {
    expect(written({}, 'left-out', 'all is well' as never)).toEqual([]);
    for (const message of LOG_MESSAGES) expect(written({}, 'left-out', message)).toHaveLength(1);
  });

  it('does not show what somebody put into every object', () => {
    Object.assign(Object.prototype, { reqId: '00'.repeat(8), extra: 'x' });
    try {
      expect(written({})).toEqual([`${JSON.stringify(BARE)}\n`]);
    } finally {
      Reflect.deleteProperty(Object.prototype, 'reqId');
      Reflect.deleteProperty(Object.prototype, 'extra');
    }
  });
});

describe('the log of a gateway', () => {
  it('has one line a request, and nothing of it that a stranger chose', async () => {
    const bed = gatewayBed({ fleet: { attest: async () => rejected } });
    const attest = sampleOf('POST', '/v1/nodes/{node}/attestations');
    await ask(bed, attest);
    await ask(bed, { method: 'GET', url: '/v1/secret?secret=1' }, 'anyone');
    const enrol = `${sampleOf('POST', '/v1/nodes').body}`;
    const body = enrol.replace('{', '{"secret\\n\\u001b[31m":1,');
    await ask(bed, { method: 'POST', url: '/v1/nodes', headers: JSON_HEADERS, body }, 'node');
    await bed.app.inject({ method: 'SEARCH' as 'GET', url: '/v1/pools' });
    await ask(bed, { method: 'GET', url: `/v1/nodes/${'SECRET'.repeat(50)}` });
    await ask(bed, { method: 'GET', url: '/%secret' }, 'anyone');
    const lines = bed.lines.map((line) => JSON.parse(line));
    expect(lines.map(({ method, route, status, fault }) => [method, route, status, fault])).toEqual(
      [
        ['POST', '/v1/nodes/:node/attestations', 403, 'attestation-rejected'],
        ['GET', undefined, 404, 'missing'],
        ['POST', '/v1/nodes', 400, 'malformed'],
        ['other', undefined, 405, 'method-not-allowed'],
        ['GET', undefined, 414, 'uri-too-long'],
        ['GET', undefined, 400, 'malformed'],
      ],
    );
    expect(lines[0]).toMatchObject({
      reqId: '0000000000000000',
      principal: 'credential',
      principalId: '0011223344556677',
      role: 'admin',
      decision: DECISION,
    });
    for (const line of lines) {
      expect(Object.keys(line).filter((name) => !ALLOWED.has(name))).toEqual([]);
    }
    expect(bed.lines.join('')).not.toMatch(/127\.0|Bearer|"name"|\\u001b|rack 4|5a5a/i);
    expect(bed.lines.filter((line) => /secret/i.test(line))).toEqual([]);
  });

  it('says which decision was told', async () => {
    const bed = gatewayBed({ fleet: { attest: async () => accepted } });
    await ask(bed, sampleOf('POST', '/v1/nodes/{node}/attestations'), `node:${NODE}`);
    expect(JSON.parse(bed.lines[0] ?? '')).toMatchObject({
      msg: 'request answered',
      status: 200,
      principal: 'node',
      principalId: NODE,
      decision: DECISION,
    });
  });

  it('says where a bug is, and leaves its words to whoever asked for them', async () => {
    const bed = gatewayBed({
      fleet: {
        nodes: () => {
          throw new Error('secret\n    at evil (/x/src/evil.ts:6:6)');
        },
      },
    });
    await ask(bed, { method: 'GET', url: '/v1/nodes' });
    const line = JSON.parse(bed.lines[0] ?? '');
    expect(line).toMatchObject({ level: 'error', msg: 'request failed', fault: 'internal' });
    expect(line.site).toMatch(/^gateway\/http\/routes\/node-routes\.ts:\d+:\d+$/);
    expect(bed.lines[0]).not.toMatch(/secret|evil/);
    expect(bed.bugs).toHaveLength(1);
  });

  it('has the address where that is configured', async () => {
    const bed = gatewayBed({ addresses: 'written' });
    await ask(bed, sampleOf('GET', '/health/live'));
    expect(JSON.parse(bed.lines[0] ?? '').address).toBe('127.0.0.1');
  });
});

it('there is no site of what is no error, or of nobody’s code', () => {
  expect([
    siteOf('x'),
    siteOf(undefined),
    siteOf(Object.assign(new Error('x'), { stack: 7 })),
  ]).toEqual([undefined, undefined, undefined]);
});
