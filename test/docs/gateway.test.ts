import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { durationMs } from '../../src/appraisal/policy/duration.ts';
import { DEFAULTS } from '../../src/cli/gateway/config.ts';
import { GATEWAY_PLACES } from '../../src/cli/gateway/read-config.ts';

const { places: PLACES } = GATEWAY_PLACES;

import { VERB_NAMES } from '../../src/cli/verbs.ts';
import type { Principal } from '../../src/gateway/identity/credential.ts';
import { mayDo } from '../../src/gateway/identity/permissions.ts';
import { OPERATIONS } from '../../src/gateway/operation.ts';

const read = (name: string) => readFileSync(join('docs/gateway', name), 'utf8');
const page = read('README.md');

describe('the operator’s page', () => {
  const leaves = PLACES.filter(
    (place) => !PLACES.some((other) => other.startsWith(`${place}.`) || other === `${place}[]`),
  );

  it.each(leaves.filter((place) => !place.endsWith('[]')))('tells of %s', (place) => {
    expect(page).toContain(`\`${place}\``);
  });

  it.each(
    Object.entries({ ...DEFAULTS.times, ...DEFAULTS.limits.rates }).map(([name, value]) => [
      name,
      `${value}`,
    ]),
  )('tells the default of %s, %s', (name, value) => {
    const row = page
      .split('\n')
      .find((line) => line.startsWith('|') && line.includes(`.${name}\``));
    expect(row).toContain(`\`${value}\``);
  });

  it('names no verb of these that is not there', () => {
    const said = [...page.matchAll(/postern ((?:gateway|keys|nodes|audit|usage) [a-z-]+)/g)].map(
      ([, verb]) => verb,
    );
    const known = new Set(VERB_NAMES);
    expect(said.length).toBeGreaterThan(15);
    for (const verb of said) expect([...known, 'gateway check']).toContain(verb);
  });
});

describe('the table of roles', () => {
  const credential = (role: 'admin' | 'auditor'): Principal => ({
    kind: 'credential',
    id: '00'.repeat(8),
    role,
    name: 'somebody',
  });

  it('names all that an admin may not', () => {
    const denied = OPERATIONS.filter((operation) => !mayDo(credential('admin'), operation));
    expect(denied).toEqual([
      'certificate.issue',
      'decision.export',
      'session.prepare',
      'session.relay',
      'usage.add',
    ]);
    expect(page).toContain(
      '| `admin` | everything but decisions with all that they saw, sealed sessions, certificates of machines, and handing in usage |',
    );
  });

  it('and that an auditor may what a validator may', () => {
    const watcher = { ...credential('auditor'), role: 'validator' } as Principal;
    const missing = OPERATIONS.filter(
      (operation) => mayDo(watcher, operation) && !mayDo(credential('auditor'), operation),
    );
    expect(missing).toEqual([]);
  });
});

const has = (command: string) => {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

describe('the unit', () => {
  const unit = read('postern-gateway.service');

  it('leaves sessions their time, and what has to be written down after them', () => {
    const seconds = Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1]);
    const drain = durationMs(DEFAULTS.broker.times.drain) / 1000;
    expect(seconds).toBeGreaterThanOrEqual(drain + 30);
    expect(read('Containerfile')).toContain(`--stop-timeout=${seconds} `);
  });

  it.runIf(has('systemd-analyze'))('is one to systemd', () => {
    const dir = mkdtempSync(join(tmpdir(), 'postern-unit-'));
    const file = join(dir, 'postern-gateway.service');
    try {
      // The command is not installed where this is tested.
      writeFileSync(file, unit.replaceAll('/usr/bin/postern', '/bin/true'));
      const out = execFileSync('systemd-analyze', ['verify', file], {
        encoding: 'utf8',
        stdio: 'pipe',
      });
      expect(out).toBe('');
      const most = ['security', '--offline=true', '--threshold=15', '--no-pager', file];
      expect(() => execFileSync('systemd-analyze', most, { stdio: 'pipe' })).not.toThrow();
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });

  it('checks before it starts, and does not try a wrong configuration again', () => {
    const lines = unit.split('\n');
    expect(lines).toContain('ExecStartPre=/usr/bin/postern gateway check /var/lib/postern');
    expect(lines).toContain('ExecStart=/usr/bin/postern gateway /var/lib/postern');
    expect(lines).toContain('RestartPreventExitStatus=64');
  });
});

describe('the container', () => {
  /** Continued lines as one, comments left out. */
  const steps = read('Containerfile')
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(/ (.*)/s) as [string, string]);
  const last = steps.slice(steps.findLastIndex(([word]) => word === 'FROM'));
  const one = (word: string) => last.filter(([found]) => found === word).map(([, rest]) => rest);

  it('is of instructions that builders know, and copies from stages that are there', () => {
    const known = [
      'FROM',
      'WORKDIR',
      'COPY',
      'RUN',
      'ENV',
      'USER',
      'VOLUME',
      'EXPOSE',
      'STOPSIGNAL',
      'HEALTHCHECK',
      'ENTRYPOINT',
      'CMD',
    ];
    expect(steps.map(([word]) => word).filter((word) => !known.includes(word))).toEqual([]);
    const stages = steps.flatMap(([word, rest]) =>
      word === 'FROM' ? [/ AS (\w+)$/.exec(rest)?.[1]] : [],
    );
    expect(stages).toEqual(['build', 'dependencies', 'run']);
    for (const [, from] of read('Containerfile').matchAll(/--from=(\w+)/g))
      expect(stages).toContain(from);
  });

  it('runs as nobody in particular, on the Node that is wanted, with all that it copies there', () => {
    const { engines } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(engines.node).toBe('>=24');
    for (const [word, rest] of steps) if (word === 'FROM') expect(rest).toMatch(/^node:24-/);
    expect(one('USER')).toEqual(['10001:10001']);
    const sources = steps.flatMap(([word, rest]) =>
      word === 'COPY' && !rest.startsWith('--from') ? rest.split(' ').slice(0, -1) : [],
    );
    expect(sources.filter((source) => !existsSync(source))).toEqual([]);
    expect(sources.length).toBeGreaterThan(5);
  });

  it('asks itself whether it lives, by a program that is one', () => {
    const [check = ''] = one('HEALTHCHECK');
    const [node, flag, program] = JSON.parse(check.slice(check.indexOf('[')));
    expect([node, flag]).toEqual(['node', '-e']);
    // Nothing listens there: it says so, and ends.
    expect(() =>
      execFileSync(process.execPath, ['-e', program.replaceAll('8443', '1')], { stdio: 'pipe' }),
    ).toThrow(expect.objectContaining({ status: 1 }));
    expect(JSON.parse(one('CMD')[0] ?? '')).toEqual(['gateway', '/gate/it']);
  });
});
