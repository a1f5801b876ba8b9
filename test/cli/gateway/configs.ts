import type { WrittenConfig } from '../../../src/cli/gateway/schema.ts';

/** A configuration that says everything that can be said. */
export const WHOLE = {
  apiVersion: 'postern/v1',
  kind: 'Gateway',
  origin: 'https://gate.example.org:8443',
  listen: '[::]:8443',
  tls: { cert: 'tls/cert.pem', key: '/etc/tls/key.pem' },
  proxies: ['10.0.0.0/8', '::1'],
  ledger: 'data',
  database: 'postgres',
  pools: [
    {
      name: 'serving',
      policy: 'p.yaml',
      signature: { keyring: 'k.json' },
      revocations: ['r'],
      identity: 'where-shown',
    },
    { name: 'jobs', policy: 'q', signature: { publicKeys: ['a.pem', 'b.pem'], threshold: 2 } },
    { name: 'try.1_b', policy: 'q', signature: { unsigned: 'a demonstration' } },
  ],
  anchors: {
    kind: 'custom',
    intel: ['i.pem'],
    amd: ['a.pem'],
    nvidia: ['n.pem'],
    nvidiaManifests: ['m.pem'],
  },
  endorsements: {
    folder: 'e',
    offline: false,
    pccs: 'https://pccs.example.org',
    update: 'early',
    kds: 'https://kds.example.org',
    rimService: 'https://rim.example.org',
    rimServiceKey: 'keys/rim',
    ocspService: 'https://ocsp.example.org',
  },
  hardwareKey: 'h.key',
  tokens: { issuer: 'https://issuer.example.org', audience: 'whoever', key: 't.pem' },
  times: {
    challengeTtl: '60s',
    resultTtl: '5m',
    override: '1h',
    challengeKey: '12h',
    clockSkew: '5s',
    retry: '10s',
    retryMost: '1h',
  },
  calls: { endpoints: 'private-too', deadline: '5s' },
  limits: {
    bundle: '8MiB',
    bodies: '64MiB',
    verifications: 2,
    threads: 0,
    waiting: 0,
    connections: 10,
    followers: 5,
    rates: { address: 1, node: 2, credential: 3 },
  },
  witnesses: { every: '1h' },
  logs: { level: 'debug', addresses: 'written' },
  metrics: { access: 'public' },
  retention: { records: '90d', events: '30d' },
} satisfies WrittenConfig;

export const MINIMAL = `apiVersion: postern/v1
kind: Gateway
origin: https://gate.example.org
tls: { cert: tls/cert.pem, key: tls/key.pem }
pools:
  - name: serving
    policy: policies/serving.yaml
    signature: { keyring: policies/keyring.json }
`;
