import { describe, expect, it } from 'vitest';
import {
  NVIDIA_CHECKS,
  NVIDIA_EXPECTED,
  NVIDIA_TOPOLOGY_CHECKS,
  NVIDIA_TOPOLOGY_EXPECTED,
} from '../../../src/evidence/nvidia/checks.ts';
import type { CheckId } from '../../../src/evidence/verdict.ts';

const ids = (table: object) => Object.keys(table) as CheckId[];

describe('the table of checks of a device', () => {
  const all = ids(NVIDIA_CHECKS);
  const { baseline, authentic } = NVIDIA_EXPECTED;

  it('asks of the vendor’s word', () => {
    expect(all.filter((id) => baseline.has(id) && authentic.has(id))).toEqual([
      'nvidia.clock',
      'nvidia.report.format',
      'nvidia.opaque.format',
      'nvidia.chain.format',
      'nvidia.chain.roles',
      'nvidia.chain.links',
      'nvidia.chain.root',
      'nvidia.chain.validity',
      'nvidia.device.kind',
      'nvidia.device.fwid',
      'nvidia.report.signature',
    ]);
  });

  it('asks of what is acceptable', () => {
    const manifest = (kind: string) =>
      ['format', 'signature', 'chain', 'root', 'validity', 'match'].map(
        (name) => `nvidia.rim.${kind}.${name}`,
      );
    expect(all.filter((id) => baseline.has(id) && !authentic.has(id))).toEqual([
      'nvidia.opaque.known',
      ...manifest('driver'),
      ...manifest('vbios'),
      'nvidia.measurements.index',
      'nvidia.measurements.match',
    ]);
  });

  it('asks of what was given: a revoked device is nobody’s, a revoked signer another matter', () => {
    expect(all.filter((id) => !baseline.has(id) && authentic.has(id))).toEqual([
      'nvidia.ocsp.format',
      'nvidia.ocsp.certificate',
      'nvidia.ocsp.device.signature',
      'nvidia.ocsp.device.validity',
      'nvidia.ocsp.device.nonce',
      'nvidia.ocsp.device.status',
    ]);
    expect(all.filter((id) => !baseline.has(id) && !authentic.has(id))).toEqual([
      'nvidia.nonce',
      'nvidia.ocsp.rim.signature',
      'nvidia.ocsp.rim.validity',
      'nvidia.ocsp.rim.nonce',
      'nvidia.ocsp.rim.status',
    ]);
  });
});

it('the table of checks of a machine: all but count and statements are always asked', () => {
  const all = ids(NVIDIA_TOPOLOGY_CHECKS);
  const { baseline, authentic } = NVIDIA_TOPOLOGY_EXPECTED;
  expect(all.filter((id) => !baseline.has(id))).toEqual([
    'nvidia.topology.count',
    'nvidia.topology.statement',
  ]);
  expect([...authentic]).toEqual([
    'nvidia.topology.format',
    'nvidia.topology.devices',
    'nvidia.topology.distinct',
    'nvidia.topology.nonce',
  ]);
});
