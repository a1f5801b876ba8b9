import { describe, expect, it } from 'vitest';
import { rimKey } from '../../../src/endorsements/nvidia/key.ts';
import {
  NVIDIA_OCSP_SERVICE,
  NVIDIA_RIM_SERVICE,
  ocspServiceUrl,
  rimServiceBase,
  rimUrl,
} from '../../../src/endorsements/nvidia/url.ts';

describe('the service for manifests', () => {
  it.each([
    [NVIDIA_RIM_SERVICE, NVIDIA_RIM_SERVICE],
    [`${NVIDIA_RIM_SERVICE}/`, NVIDIA_RIM_SERVICE],
    [`${NVIDIA_RIM_SERVICE}/v1/rim/`, NVIDIA_RIM_SERVICE],
    ['https://mirror.example/nvidia/v1', 'https://mirror.example/nvidia'],
    ['http://cache.internal:8080//', 'http://cache.internal:8080'],
  ])('%s', (text, base) => {
    expect(rimServiceBase(text)).toBe(base);
  });

  it('has a manifest under its id', () => {
    expect(rimUrl(NVIDIA_RIM_SERVICE, rimKey('NV_GPU_DRIVER_GH100_550.90.07'))).toBe(
      'https://rim.attestation.nvidia.com/v1/rim/NV_GPU_DRIVER_GH100_550.90.07',
    );
  });
});

describe('the OCSP responder', () => {
  it.each([
    [NVIDIA_OCSP_SERVICE, 'https://ocsp.ndis.nvidia.com/'],
    ['http://ocsp.ndis.nvidia.com', 'http://ocsp.ndis.nvidia.com/'],
    ['https://mirror.example/ocsp', 'https://mirror.example/ocsp'],
    ['http://127.0.0.1:80/x', 'http://127.0.0.1/x'],
  ])('%s', (text, url) => {
    expect(ocspServiceUrl(text)).toBe(url);
  });
});

it.each([
  'http://rim.attestation.nvidia.com',
  'http://ocsp.ndis.nvidia.com.attacker.example',
  'http://ocsp.ndis.nvidia.com@attacker.example/',
  'ftp://ocsp.ndis.nvidia.com',
  'https://user:pw@mirror.example',
  'https://mirror.example/?a=b',
  'mirror.example',
])('no service: %s', (text) => {
  expect(() => rimServiceBase(text)).toThrow(/^source: /);
  expect(() => ocspServiceUrl(text)).toThrow(/^source: /);
});
