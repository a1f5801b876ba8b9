import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isAmongHosts } from '../../../src/core/ssh/host-patterns.ts';
import { ED25519_LINE } from '../../support/ssh.ts';

const CASES: readonly (readonly [patterns: string, host: string, among: boolean])[] = [
  ['a.example', 'a.example', true],
  ['A.Example', 'a.example', true],
  ['a.example', 'b.a.example', false],
  ['a.example', 'axexample', false],
  ['*.example', 'a.b.example', true],
  ['*.example', 'example', false],
  ['*.example', '.example', true],
  ['?.example', 'a.example', true],
  ['?.example', 'ab.example', false],
  ['a**.example', 'a.example', true],
  ['*', 'anything', true],
  ['b,a.example', 'a.example', true],
  ['*.example,!a.example', 'a.example', false],
  ['!a.example,*.example', 'a.example', false],
  ['!a.example', 'b.example', false],
  ['!a.example,*', 'b.example', true],
  ['a+b', 'aab', false],
  ['a[bc]', 'ab', false],
  ['(a)', 'a', false],
  ['a*b*c', 'a-b-b-c', true],
  ['a*b*c', 'a-b-b-d', false],
  ['*a', 'aab', false],
  ['a?*', 'a', false],
  ['2001:db8::1', '2001:db8::1', true],
];

describe('a line of known_hosts', () => {
  it.each(CASES)('%s is about %s: %s', (patterns, host, among) => {
    expect(isAmongHosts(patterns, host)).toBe(among);
  });

  it('with a port is about the host', () => {
    expect(isAmongHosts('[*.example]:2222', 'a.example')).toBe(true);
    expect(isAmongHosts('[*.example]:2222', 'a.other')).toBe(false);
    expect(isAmongHosts('*.example,![a.example]:22', 'a.example')).toBe(false);
  });

  it('of nothing but stars takes no time', () => {
    expect(isAmongHosts(`${'*'.repeat(5000)}x`, 'a'.repeat(255))).toBe(false);
    expect(isAmongHosts(`${'*a'.repeat(40)}b`, 'a'.repeat(255))).toBe(false);
    expect(isAmongHosts(`${'*-'.repeat(40)}*.x`, '-'.repeat(255))).toBe(false);
  });

  it.skipIf(spawnSync('ssh-keygen', ['-?']).error)('is about the same to ssh-keygen', () => {
    const dir = mkdtempSync(join(tmpdir(), 'postern-hosts-'));
    try {
      const file = join(dir, 'known_hosts');
      for (const [patterns, host, among] of CASES) {
        writeFileSync(file, `${patterns} ${ED25519_LINE}\n`);
        const { stdout } = spawnSync('ssh-keygen', ['-F', host, '-f', file], { encoding: 'utf8' });
        expect([patterns, host, stdout !== '']).toEqual([patterns, host, among]);
      }
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
