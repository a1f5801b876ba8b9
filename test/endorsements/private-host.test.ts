import { expect, it } from 'vitest';
import { isPrivateHost } from '../../src/endorsements/private-host.ts';

it.each([
  { host: '127.0.0.1', expected: true },
  { host: '10.1.2.3', expected: true },
  { host: '172.16.0.1', expected: true },
  { host: '172.32.0.1', expected: false },
  { host: '192.168.1.1', expected: true },
  { host: '169.254.169.254', expected: true },
  { host: '8.8.8.8', expected: false },
  { host: '[::1]', expected: true },
  { host: '[fd00::1]', expected: true },
  { host: '[fe80::1]', expected: true },
  { host: '[2001:db8::1]', expected: false },
  { host: '[::ffff:808:808]', expected: false },
  { host: 'localhost', expected: true },
  { host: 'pccs', expected: true },
  { host: 'pccs.local', expected: true },
  { host: 'pccs.prod.internal', expected: true },
  { host: 'pccs.home.arpa', expected: true },
  { host: 'pccs.example.com', expected: false },
  { host: 'local.example.com', expected: false },
  { host: 'notlocal.examplelocal', expected: false },
])('$host: $expected', ({ host, expected }) => {
  expect(isPrivateHost(host)).toBe(expected);
});
