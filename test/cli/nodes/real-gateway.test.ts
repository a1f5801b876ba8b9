import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { event, NODE } from '../../support/fake-fleet.ts';
import { gatewayBed } from '../../support/gateway-bed.ts';
import { jsonOf, postern } from '../fake-io.ts';
import { freshPath } from '../gateway/gateways.ts';
import { API_KEY } from './fake-gateway.ts';

/** The command line against the gateway's own HTTP, over a socket: both have one protocol in mind. */
const { privateKey } = generateKeyPairSync('ed25519');
const files = {
  'api.key': API_KEY,
  'node.pem': privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
};
const bed = gatewayBed({
  identity: {
    authenticate: async ({ headers }) =>
      headers.some(([name]) => name.toLowerCase() === 'signature')
        ? { kind: 'node', id: NODE }
        : { kind: 'credential', id: '00', name: 'a', role: 'admin' },
    mayDo: () => true,
  },
});
let url = '';
beforeAll(async () => {
  url = await bed.app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => bed.app.close());

const KEY = ['--api-key-file', 'api.key'];
const nodes = (argv: readonly string[], as: readonly string[] = KEY) =>
  postern(['nodes', ...argv, '--gateway', url, ...as], files, { fetch: globalThis.fetch });
const WHY = ['--reason', 'fan 3 is on fire'];

it.each([
  [['list', '--json'], 0],
  [['show', NODE, '--json'], 0],
  [['call', NODE, '--json'], 0],
  [['quarantine', NODE, ...WHY, '--until', '1h', '--json'], 0],
  [['release', NODE, ...WHY, '--json'], 0],
  [['revoke', NODE, ...WHY, '--json'], 0],
  [['override', NODE, ...WHY, '--until', '1h', '--json'], 0],
  [['remove', NODE, ...WHY, '--json'], 0],
])('nodes %j', async (argv, exit) => {
  const ran = await nodes(argv);
  expect([ran.exit, ran.err]).toEqual([exit, '']);
  expect(Object.keys(jsonOf(ran)).length).toBeGreaterThan(0);
});

it('nodes enrol', async () => {
  const argv = ['enrol', 'a', '--key', 'node.pem', '--pool', 'h100', '--cpu', 'tdx', '--json'];
  const ran = await nodes(argv);
  expect([ran.exit, ran.err]).toEqual([0, '']);
  expect(jsonOf(ran)).toMatchObject({ id: NODE });
});

it('nodes attest', async () => {
  const ran = await nodes(
    ['attest', NODE, '--command', 'printf x', '--json'],
    ['--key', 'node.pem'],
  );
  expect([ran.exit, ran.err]).toEqual([0, '']);
  expect(jsonOf(ran)).toMatchObject({ verdict: 'accept', node: { id: NODE } });
  const { args } = bed.fleet.calls.findLast(({ method }) => method === 'attest') ?? {};
  expect(args).toEqual([NODE, { nonce: new Uint8Array(32).fill(7), bundle: expect.anything() }]);
});

it('nodes events', async () => {
  for (const seq of [1, 2, 3]) bed.fleet.add(event(seq));
  const ran = await nodes(['events', '--count', '2', '--json']);
  expect([ran.exit, ran.err]).toEqual([0, '']);
  const told = ran.out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).seq);
  expect(told).toEqual([2, 3]);
});

it('a gateway’s folder says where it is, and as whom', async () => {
  const dir = freshPath();
  mkdirSync(join(dir, 'keys'), { recursive: true });
  const config = [
    'apiVersion: postern/v1',
    'kind: Gateway',
    'origin: https://gate.example.org',
    `listen: ${new URL(url).host}`,
    'tls: { proxy: none of these tests }',
    'pools: []',
  ];
  writeFileSync(join(dir, 'postern.yaml'), config.join('\n'));
  writeFileSync(join(dir, 'keys/admin.key'), API_KEY, { mode: 0o600 });
  const argv = ['nodes', 'list', '--dir', dir, '--json'];
  const ran = await postern(argv, {}, { fetch: globalThis.fetch });
  expect([ran.exit, ran.err]).toEqual([0, '']);
  expect(jsonOf(ran)['nodes']).toHaveLength(1);
});
