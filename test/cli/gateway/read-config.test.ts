import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { configProblemLine } from '../../../src/cli/config/read-document.ts';
import { tryConfig } from '../../../src/cli/gateway/read-config.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { MINIMAL, WHOLE } from './configs.ts';

const read = (text: string) => tryConfig(utf8(text), [], '/gate');
const problemsOf = (text: string) =>
  read(text).problems.map((problem) => configProblemLine('postern.yaml', problem));

describe('a file that says what must be said', () => {
  it('has everything else by default', () => {
    const { config, problems } = read(MINIMAL);
    expect(problems).toEqual([]);
    expect(config).toEqual({
      dir: '/gate',
      origin: 'https://gate.example.org',
      listen: { host: '127.0.0.1', port: 8443 },
      tls: { cert: '/gate/tls/cert.pem', key: '/gate/tls/key.pem' },
      proxies: [],
      ledger: '/gate/ledger',
      database: 'sqlite',
      pools: [
        {
          name: 'serving',
          policy: '/gate/policies/serving.yaml',
          signature: { keyring: '/gate/policies/keyring.json' },
          revocations: [],
          identity: 'required',
        },
      ],
      anchors: { kind: 'vendor', intel: [], amd: [], nvidia: [], nvidiaManifests: [] },
      endorsements: {
        folder: '/gate/endorsements',
        access: 'online',
        update: 'standard',
        pccs: undefined,
        kds: undefined,
        rimService: undefined,
        rimServiceKey: undefined,
        ocspService: undefined,
      },
      tokens: {
        issuer: 'https://gate.example.org',
        audience: 'https://gate.example.org',
        key: '/gate/keys/token.pem',
      },
      times: {
        challengeTtl: 120_000,
        resultTtl: 86_400_000,
        override: 86_400_000,
        challengeKey: 86_400_000,
        clockSkew: 30_000,
        retry: 30_000,
        retryMost: 900_000,
      },
      calls: { endpoints: 'public', deadline: 20_000 },
      hardwareKey: '/gate/keys/hardware.key',
      witnesses: { every: 60_000 },
      limits: {
        bundle: 33_554_432,
        bodies: 268_435_456,
        verifications: 8,
        threads: 'auto',
        waiting: 64,
        connections: 2048,
        followers: 256,
        rates: { address: 600, node: 60, credential: 600 },
      },
      logs: { level: 'info', addresses: 'left-out' },
      metrics: { access: 'authenticated' },
      retention: { records: undefined, events: 7_776_000_000, usage: 7_776_000_000 },
      broker: {
        pools: [],
        limits: {
          streams: 2048,
          each: { requests: 120, streams: 32, tokens: undefined, evidence: 30 },
          nodeEvidence: 60,
          request: 69_206_016,
          deadline: 1_800_000,
          idle: 300_000,
          resume: { keep: 120_000, wait: 30_000, each: 4_194_304, all: 268_435_456 },
          epoch: 60_000,
          retryAfter: 2000,
        },
        drain: 30_000,
      },
    });
  });

  it('is ten lines, and shipped', () => {
    const text = readFileSync('docs/gateway/minimal.yaml', 'utf8');
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(10);
    expect(problemsOf(text)).toEqual([]);
  });
});

it('takes every member as it is written', () => {
  const { config, problems } = read(JSON.stringify(WHOLE));
  expect(problems).toEqual([]);
  expect(config).toMatchObject({
    listen: { host: '::', port: 8443 },
    tls: { cert: '/gate/tls/cert.pem', key: '/etc/tls/key.pem' },
    ledger: '/gate/data',
    database: 'postgres',
    anchors: { kind: 'custom', intel: ['/gate/i.pem'], nvidiaManifests: ['/gate/m.pem'] },
    endorsements: { access: 'online', update: 'early', rimServiceKey: '/gate/keys/rim' },
    tokens: { issuer: 'https://issuer.example.org', audience: 'whoever', key: '/gate/t.pem' },
    times: { challengeTtl: 60_000, retry: 10_000, retryMost: 3_600_000 },
    calls: { endpoints: 'private-too', deadline: 5000 },
    hardwareKey: '/gate/h.key',
    limits: { bundle: 8_388_608, waiting: 0, rates: { address: 1, node: 2, credential: 3 } },
    witnesses: { every: 3_600_000 },
    logs: { level: 'debug', addresses: 'written' },
    retention: { records: 7_776_000_000, events: 2_592_000_000 },
  });
  expect(config?.pools.map(({ signature }) => signature)).toEqual([
    { keyring: '/gate/k.json' },
    { publicKeys: ['/gate/a.pem', '/gate/b.pem'], threshold: 2 },
    { unsigned: 'a demonstration' },
  ]);
});

const more = (text: string) => `${MINIMAL}${text}\n`;
const instead = (from: string, to: string) => MINIMAL.replace(from, to);

describe('says where, and what to do', () => {
  it.each([
    [
      'nothing at all',
      '',
      'postern.yaml: the file is empty: postern gateway init makes one to begin with',
    ],
    [
      'a member that is not known',
      more('metric: { access: public }'),
      'postern.yaml:9:1 metric: is not known, and would not be looked at: did you mean metrics?',
    ],
    [
      'an origin with a path',
      instead('example.org', 'example.org/gate'),
      'postern.yaml:3:9 origin: want an https origin in lower case, without path or slash, e.g. https://gate.example.org, got "https://gate.example.org/gate"',
    ],
    [
      'an origin with the port that https implies',
      instead('example.org', 'example.org:443'),
      'postern.yaml:3:9 origin: want it as browsers write it, https://gate.example.org',
    ],
    [
      'an origin without TLS',
      instead('https', 'http'),
      'postern.yaml:3:9 origin: want an https origin in lower case, without path or slash, e.g. https://gate.example.org, got "http://gate.example.org"',
    ],
    [
      'no word about TLS',
      instead('tls: { cert: tls/cert.pem, key: tls/key.pem }\n', ''),
      'postern.yaml:1:1 tls: is missing: want { cert: <pem>, key: <pem> }, or { proxy: "<what ends TLS before it>" }',
    ],
    [
      'a port that is none',
      more('listen: 0.0.0.0:65536'),
      'postern.yaml:9:9 listen: want a port up to 65535',
    ],
    [
      'a policy without a word about who signs it',
      instead('    signature: { keyring: policies/keyring.json }\n', ''),
      'postern.yaml:6:5 pools[0].signature: is missing: want { keyring: <json> }, { publicKeys: [<pem>], threshold } or { unsigned: "<reason>" }',
    ],
    [
      'a pool twice',
      more('  - { name: serving, policy: p, signature: { unsigned: a demonstration } }'),
      'postern.yaml:9:13 pools[1].name: is the name of pools[0] as well',
    ],
    [
      'more signatures than keys',
      instead('keyring: policies/keyring.json', 'publicKeys: [a.pem], threshold: 2'),
      'postern.yaml:8:50 pools[0].signature.threshold: want at most 1, the number of keys',
    ],
    [
      'roots of nobody',
      more('anchors: { kind: custom }'),
      'postern.yaml:9:1 anchors: names no root: want one of intel, amd, nvidia, nvidiaManifests',
    ],
    [
      'a mirror in the clear',
      more('endorsements: { kds: "http://kds.example.org" }'),
      'postern.yaml:9:22 endorsements.kds: plain http is for loopback and private networks only: "http://kds.example.org"',
    ],
    [
      'a mirror that is never asked',
      more('endorsements: { offline: true, pccs: "https://pccs.example.org" }'),
      'postern.yaml:9:38 endorsements.pccs: would never be asked: endorsements.offline is true',
    ],
    [
      'a challenge for ever',
      more('times: { challengeTtl: 11m }'),
      'postern.yaml:9:24 times.challengeTtl: want at most 10m',
    ],
    [
      'a key that lives shorter than what it makes',
      more('times: { challengeKey: 60s }'),
      'postern.yaml:9:24 times.challengeKey: want no less than times.challengeTtl: a challenge outlives no key',
    ],
    [
      'a time without a unit',
      more('times: { retry: 20 }'),
      'postern.yaml:9:17 times.retry: want a duration up to 3650d, e.g. 90s, 15m, 24h or 7d, got 20: quote it, or it is a number',
    ],
    [
      'an answer that would come too late',
      more('calls: { deadline: 3m }'),
      'postern.yaml:9:20 calls.deadline: want at most times.challengeTtl: the answer would come too late',
    ],
    [
      'a longest pause that is shorter than the first',
      more('times: { retryMost: 10s }'),
      'postern.yaml:9:21 times.retryMost: want no less than times.retry',
    ],
    [
      'bundles larger than any',
      more('limits: { bundle: 33MiB }'),
      'postern.yaml:9:19 limits.bundle: want at most 32MiB: no bundle is larger',
    ],
    [
      'room for no bundle',
      more('limits: { bodies: 31MiB }'),
      'postern.yaml:9:19 limits.bodies: not one bundle would be taken: want limits.bodies no less than limits.bundle',
    ],
    [
      'everybody a proxy',
      more('proxies: [0.0.0.0/0]'),
      'postern.yaml:9:11 proxies[0]: everybody would be believed: name the proxies',
    ],
    [
      'everybody a proxy, in other figures',
      more('proxies: [0.0.0.0/00]'),
      'postern.yaml:9:11 proxies[0]: everybody would be believed: name the proxies',
    ],
    [
      'everybody with an IPv4 address a proxy, as IPv6 has them',
      more("proxies: ['::ffff:0:0/96']"),
      'postern.yaml:9:11 proxies[0]: everybody would be believed: name the proxies',
    ],
    [
      'a range with all of those in it',
      more("proxies: ['::/80']"),
      'postern.yaml:9:11 proxies[0]: everybody would be believed: name the proxies',
    ],
    [
      'proxies of which half of all are',
      more('proxies: [128.0.0.0/1]'),
      'postern.yaml:9:11 proxies[0]: everybody would be believed: name the proxies',
    ],
    [
      'the same in another spelling',
      more("proxies: ['0:0:0:0:0:ffff:8000:0/97']"),
      'postern.yaml:9:11 proxies[0]: everybody would be believed: name the proxies',
    ],
    [
      'a proxy that is no address',
      more('proxies: [10.0.0.0/33]'),
      'postern.yaml:9:11 proxies[0]: want an IP address or a range, e.g. 10.0.0.0/8',
    ],
    [
      'a member twice',
      more('kind: Gateway'),
      'postern.yaml:9:1 kind: stands twice: two readers would take one each; keep one',
    ],
  ])('%s', (_what, text, line) => {
    expect(problemsOf(text)).toEqual([line]);
  });
});

describe('a secret in the configuration is refused, and not quoted', () => {
  const SECRET = 'hunter2hunter2';
  it.each([
    [
      'the address of a database',
      more(`database: postgres://postern:${SECRET}@db/postern`),
      'postern.yaml:9:11 database: the address of a database may hold a password: set DATABASE_URL to it',
    ],
    [
      'a private key',
      more(`tokens: { key: "-----BEGIN PRIVATE KEY----- ${SECRET}" }`),
      'postern.yaml:9:16 tokens.key: a secret stands here in the clear: put it into a file of its own, and its path here',
    ],
    [
      'a password in a URL',
      more(`endorsements: { kds: "https://me:${SECRET}@kds.example.org" }`),
      'postern.yaml:9:22 endorsements.kds: a secret stands here in the clear: put it into a file of its own, and its path here',
    ],
  ])('%s', (_what, text, line) => {
    const lines = problemsOf(text);
    expect(lines).toEqual([line]);
    expect(lines.join()).not.toContain(SECRET);
  });
});
