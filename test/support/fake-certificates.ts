import { utf8 } from '../../src/core/bytes/text.ts';
import type { CertificateService } from '../../src/gateway/certificates/service.ts';
import { DECISION, NOW } from './fake-fleet.ts';

export const CERTIFICATE = 'ab'.repeat(32);

/** Authorities that answer what they are told. */
export function fakeCertificates(answers: Partial<CertificateService> = {}): CertificateService {
  return {
    issue: async (_node, { use, names = ['node-1.h100.fleet.example'] }) => ({
      use,
      certificate: 'ssh-ed25519-cert-v01@openssh.com AQID node-1\n',
      sha256: CERTIFICATE,
      names,
      from: NOW - 30_000,
      until: NOW + 1_800_000,
      decision: DECISION,
      leaf: { origin: 'log.example', index: 43, size: 44 },
    }),
    authorities: () => ({
      domain: 'fleet.example',
      life: 1_800_000,
      pools: [{ pool: 'h100', hosts: '*.h100.fleet.example' }],
      ssh: { key: 'ssh-ed25519 AQID', fingerprint: 'SHA256:abc' },
      tls: { certificate: '-----BEGIN CERTIFICATE-----\n' },
    }),
    proof: async () => ({
      issued: { entry: utf8('{"a":1}'), proof: utf8('c2sp') },
      decision: { entry: utf8('{"b":1}'), proof: utf8('c2sp') },
    }),
    ...answers,
  };
}
