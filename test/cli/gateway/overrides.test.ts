import { describe, expect, it } from 'vitest';
import { overridden, readOverrides, variableOf } from '../../../src/cli/config/overrides.ts';
import { configProblemLine } from '../../../src/cli/config/read-document.ts';
import { GATEWAY_PLACES, SET_OPTION, tryConfig } from '../../../src/cli/gateway/read-config.ts';
import type { Io } from '../../../src/cli/io.ts';
import { Args, type Verb } from '../../../src/cli/verb.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import type { JsonValue } from '../../../src/core/encoding/json.ts';
import { MINIMAL } from './configs.ts';

type Variables = Readonly<Record<string, string>>;

const VERB = { name: 'x', arity: { min: 0, max: 0 }, operands: '', options: SET_OPTION } as Verb;

function overridesOf(set: readonly string[], variables: Variables = {}) {
  const io = {
    env: (name: string) => variables[name] || undefined,
    envNames: () => Object.keys(variables),
  } as unknown as Io;
  return readOverrides(
    io,
    new Args(
      VERB,
      set.map((one) => `--set=${one}`),
    ),
    GATEWAY_PLACES,
  );
}

function read(set: readonly string[], variables: Variables = {}) {
  const { config, problems } = tryConfig(utf8(MINIMAL), overridesOf(set, variables), '/gate');
  return { config, lines: problems.map((one) => configProblemLine('postern.yaml', one)) };
}

it('every place has a variable of its own', () => {
  const names = GATEWAY_PLACES.places.map((place) => variableOf(place, GATEWAY_PLACES.prefix));
  expect(names.length).toBeGreaterThan(60);
  expect(new Set(names).size).toBe(names.length);
});

describe('precedence', () => {
  it('the environment goes before the file', () => {
    const { config } = read([], {
      POSTERN_TIMES_CHALLENGE_TTL: '60s',
      POSTERN_DATABASE: 'postgres',
    });
    expect([config?.times.challengeTtl, config?.database]).toEqual([60_000, 'postgres']);
  });

  it('--set goes before the environment, and the last of several before the others', () => {
    const { config } = read(['times.retry=3s', 'times.retry=4s'], { POSTERN_TIMES_RETRY: '5s' });
    expect(config?.times.retry).toBe(4000);
  });

  it('a variable that is empty says nothing', () => {
    expect(read([], { POSTERN_TIMES_RETRY: '' }).config?.times.retry).toBe(30_000);
  });
});

describe('values are as the file would have them', () => {
  it.each<readonly [string, (config: ReturnType<typeof read>['config']) => unknown, unknown]>([
    ['limits.waiting=0', (config) => config?.limits.waiting, 0],
    ['endorsements.offline=true', (config) => config?.endorsements.access, 'offline'],
    ['proxies=[10.0.0.1]', (config) => config?.proxies, ['10.0.0.1']],
    ['tls={proxy: nginx on this host}', (config) => config?.tls, { proxy: 'nginx on this host' }],
    ['pools[0].policy=other.yaml', (config) => config?.pools[0]?.policy, '/gate/other.yaml'],
    [
      'pools[1]={name: b, policy: p, signature: {unsigned: a demonstration}}',
      (config) => config?.pools.map(({ name }) => name),
      ['serving', 'b'],
    ],
    ['pools=[]', (config) => config?.pools, []],
    ['pools[0]=', (config) => config?.pools, []],
    ['tokens.audience=a=b', (config) => config?.tokens.audience, 'a=b'],
    ['limits.rates.node=7', (config) => config?.limits.rates.node, 7],
  ])('%s', (set, look, wanted) => {
    const { config, lines } = read([set]);
    expect([lines, look(config)]).toEqual([[], wanted]);
  });

  it('by the environment as well, items by their number', () => {
    const { config } = read([], {
      POSTERN_POOLS_0_SIGNATURE: '{unsigned: a demonstration}',
      POSTERN_LIMITS_RATES_ADDRESS: '9',
    });
    expect(config?.pools[0]?.signature).toEqual({ unsigned: 'a demonstration' });
    expect(config?.limits.rates.address).toBe(9);
  });
});

describe('what is wrong is said of where it is from', () => {
  it.each([
    [
      'times.retry=20',
      '--set times.retry: want a duration up to 3650d, e.g. 90s, 15m, 24h or 7d, got 20: quote it, or it is a number',
    ],
    ['time.call=20s', '--set time: is not known, and would not be looked at: did you mean times?'],
    [
      'pools[0].nam=x',
      '--set pools[0].nam: is not known, and would not be looked at: did you mean name?',
    ],
  ])('%s', (set, line) => {
    expect(read([set]).lines).toEqual([line]);
  });

  it('of a variable by its name', () => {
    expect(read([], { POSTERN_METRICS_ACCESS: 'nobody' }).lines).toEqual([
      'POSTERN_METRICS_ACCESS metrics.access: want public or authenticated, got "nobody"',
    ]);
  });

  it('of what takes away what must be there', () => {
    expect(read(['pools[0].signature=', 'times.retry=20s']).lines).toEqual([
      '--set pools[0].signature: is missing: want { keyring: <json> }, { publicKeys: [<pem>], threshold } or { unsigned: "<reason>" }',
    ]);
  });

  it('of the file where the file is to blame', () => {
    const text = MINIMAL.replace('policy:', 'polcy:');
    const { problems } = tryConfig(utf8(text), overridesOf(['pools[0].name=b']), '/gate');
    expect(problems.map((one) => configProblemLine('postern.yaml', one))).toEqual([
      'postern.yaml:6:5 pools[0].policy: is missing: want a path',
      'postern.yaml:7:12 pools[0].polcy: is not known, and would not be looked at: did you mean policy?',
    ]);
  });
});

describe('refused before anything is read', () => {
  it.each([
    [['times.retry'], {}, '--set: want path=value, e.g. times.challengeTtl=90s, got "times.retry"'],
    [
      ['__proto__.x=1'],
      {},
      '--set: want path=value, e.g. times.challengeTtl=90s, got "__proto__.x=1"',
    ],
    [
      ['limits.waiting=010'],
      {},
      '--set limits.waiting: "010" reads as the number 10; quote it: "010"',
    ],
    [
      [],
      { POSTERN_TIMES_CHALENGE_TTL: '60s' },
      'POSTERN_TIMES_CHALENGE_TTL is set, and no part of the configuration is named like that: did you mean POSTERN_TIMES_CHALLENGE_TTL?',
    ],
    [
      [],
      { POSTERN_SOMETHING: 'else' },
      'POSTERN_SOMETHING is set, and no part of the configuration is named like that',
    ],
  ])('%j %j', (set, variables, detail) => {
    expect(() => overridesOf(set, variables as Variables)).toThrow(
      expect.objectContaining({ code: 'usage', detail }),
    );
  });

  it('an item beyond the end of its list', () => {
    const [override] = overridesOf(['pools[5].name=x']);
    if (override === undefined) throw new Error('no override');
    expect(() => overridden({ pools: [{}] }, override)).toThrow(
      expect.objectContaining({
        detail: '--set pools[5].name: there is a list of 1, and no [5] of it',
      }),
    );
  });
});

it.each([
  'POSTERN_SERVICE_HOST',
  'POSTERN_SERVICE_PORT_HTTPS',
  'POSTERN_PORT',
  'POSTERN_PORT_8443_TCP_ADDR',
  'POSTERN_GATEWAY_SERVICE_PORT',
  'POSTERN_TEST_POSTGRES',
])('%s is others’, and says nothing', (name) => {
  expect(overridesOf([], { [name]: 'tcp://10.0.0.1:8443' })).toEqual([]);
});

it('leaves the value that it is given as it is', () => {
  const value: JsonValue = { times: { call: '1s' }, pools: [{ name: 'a' }] };
  const before = JSON.stringify(value);
  for (const override of overridesOf(['times.retry=2s', 'pools[0].name=b', 'times='])) {
    expect(JSON.stringify(overridden(value, override))).not.toBe(before);
  }
  expect(JSON.stringify(value)).toBe(before);
});
