import { expect, it } from 'vitest';
import { Fault } from '../../../src/core/fault.ts';
import { CERTIFICATE } from '../../support/fake-certificates.ts';
import { NODE } from '../../support/fake-fleet.ts';
import { ask, gatewayBed, JSON_HEADERS, sampleOf } from '../../support/gateway-bed.ts';

const ISSUE = sampleOf('POST', '/v1/nodes/{node}/certificates');

it('asks for a certificate of the node in the path, and tells what there is', async () => {
  const asked: unknown[] = [];
  const bed = gatewayBed({
    certificates: {
      issue: async (...args) => {
        asked.push(args);
        throw new Fault('conflict', 'key', 'is none that the evidence of its admission shows');
      },
    },
  });
  const refused = await ask(bed, ISSUE);
  expect(refused.statusCode).toBe(409);
  expect(refused.json()).toMatchObject({ type: 'urn:postern:problem:conflict', at: 'key' });
  const key = Uint8Array.of(1, 2, 3);
  const names = ['node-1.h100.fleet.example'];
  expect(asked).toEqual([[NODE, { use: 'ssh-host', key, names }]]);

  const { statusCode, body } = await ask(gatewayBed(), ISSUE);
  expect(statusCode).toBe(201);
  expect(JSON.parse(body)).toEqual({
    use: 'ssh-host',
    certificate: 'ssh-ed25519-cert-v01@openssh.com AQID node-1\n',
    sha256: CERTIFICATE,
    names,
    notBefore: '2026-03-01T11:59:30Z',
    notAfter: '2026-03-01T12:30:00Z',
    decision: 'fedcba9876543210fedcba9876543210',
    leaf: { origin: 'log.example', index: 43 },
  });
});

it.each([
  { name: 'another use', body: { use: 'ssh-user', key: 'AQID' } },
  { name: 'no key', body: { use: 'tls' } },
  { name: 'a key that is no base64', body: { use: 'tls', key: 'A' } },
  { name: 'a key larger than any', body: { use: 'tls', key: 'A'.repeat(2000) } },
  { name: 'no names in a list of them', body: { use: 'tls', key: 'AQID', names: [] } },
  { name: 'an empty name', body: { use: 'tls', key: 'AQID', names: [''] } },
  { name: 'a life of its own', body: { use: 'tls', key: 'AQID', life: '10y' } },
])('is not asked for $name', async ({ body }) => {
  const bed = gatewayBed({ certificates: { issue: async () => expect.fail('was asked') } });
  const { statusCode } = await ask(bed, {
    ...ISSUE,
    headers: JSON_HEADERS,
    body: JSON.stringify(body),
  });
  expect(statusCode).toBe(400);
});

it('tells anybody of the authorities, as known_hosts has them', async () => {
  const answer = await ask(gatewayBed(), sampleOf('GET', '/v1/certificate-authorities'), 'anyone');
  expect(answer.json()).toEqual({
    domain: 'fleet.example',
    life: 1800,
    pools: [
      {
        pool: 'h100',
        hosts: '*.h100.fleet.example',
        knownHosts: '@cert-authority *.h100.fleet.example ssh-ed25519 AQID',
      },
    ],
    ssh: { key: 'ssh-ed25519 AQID', fingerprint: 'SHA256:abc' },
    tls: { certificate: '-----BEGIN CERTIFICATE-----\n' },
  });
  const none = gatewayBed({ certificates: { authorities: () => ({ pools: [] }) } });
  const empty = await ask(none, sampleOf('GET', '/v1/certificate-authorities'), 'anyone');
  expect(empty.json()).toEqual({ pools: [] });
});

it('proves to anybody that a certificate is in the ledger', async () => {
  const sample = sampleOf('GET', '/v1/certificates/{certificate}/proof');
  const answer = await ask(gatewayBed(), sample, 'anyone');
  const proof = 'YzJzcA==';
  expect(answer.json()).toEqual({
    issued: { entry: 'eyJhIjoxfQ==', proof },
    decision: { entry: 'eyJiIjoxfQ==', proof },
  });
  const other = { ...sample, url: '/v1/certificates/ABCD/proof' };
  expect((await ask(gatewayBed(), other, 'anyone')).statusCode).toBe(400);
});
