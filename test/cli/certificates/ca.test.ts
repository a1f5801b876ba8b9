import { spawn, spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  authorityKey,
  authorityKeyProblem,
  readAuthorityKey,
} from '../../../src/cli/certificates/authority-key.ts';
import { writeU32be } from '../../../src/core/bytes/big-endian.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { isSignedWith } from '../../../src/core/x509/public-key.ts';
import { sshFingerprint, sshKeyOf } from '../../../src/gateway/certificates/ssh-key.ts';
import { signerOf } from '../../support/authorities.ts';
import { gate } from '../gateway/gateways.ts';

const dir = mkdtempSync(join(tmpdir(), 'postern-ca-'));
afterAll(() => rmSync(dir, { recursive: true }));
let count = 0;
const fresh = () => join(dir, `ca-${count++}`);
const DOMAIN = ['--domain', 'fleet.example'];

describe('ca init', () => {
  it('makes both authorities, and prints what clients need', async () => {
    const at = fresh();
    const ran = await gate(['ca', 'init', at, ...DOMAIN]);
    expect(ran.exit).toBe(0);
    const [line = '', ...pem] = ran.out.split('\n');
    expect(line).toMatch(/^@cert-authority \*\.fleet\.example ssh-ed25519 [A-Za-z0-9+/]+=*$/);
    expect(pem.join('\n')).toBe(readFileSync(join(at, 'tls-ca.crt'), 'utf8'));
    for (const name of ['ssh-ca.pem', 'tls-ca.pem', 'tls-ca.crt']) {
      expect(statSync(join(at, name)).mode & 0o777).toBe(0o600);
    }
    expect(ran.err).toContain('certificates:\n  domain: fleet.example\n');
    expect(ran.err).not.toContain('PRIVATE');
    const again = await gate(['ca', 'init', at, ...DOMAIN]);
    expect([again.exit, again.out]).toEqual([69, '']);
  });

  it('refuses one key for both, however it is named', async () => {
    const [at, key] = [fresh(), join(dir, 'shared.pem')];
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    writeFileSync(key, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 });
    const other = `${dir}/./shared.pem`;
    const ran = await gate(['ca', 'init', at, ...DOMAIN, '--ssh-key', key, '--tls-key', other]);
    expect([ran.exit, ran.out]).toEqual([64, '']);
    expect(ran.err).toContain('has the SSH authority’s key: want two');
  });

  it.each([
    { name: 'no domain', argv: [] },
    { name: 'a domain of one label', argv: ['--domain', 'example'] },
    { name: 'a wildcard', argv: ['--domain', '*.example'] },
    { name: 'a life beyond any', argv: [...DOMAIN, '--life', '36500d'] },
    { name: 'an agent without a fingerprint', argv: [...DOMAIN, '--ssh-key', 'agent:/s'] },
  ])('refuses $name', async ({ argv }) => {
    expect((await gate(['ca', 'init', fresh(), ...argv])).exit).toBe(64);
  });
});

it.each([
  { written: 'keys/ca.pem', problem: undefined },
  { written: `agent:/run/ca.sock#SHA256:${'A'.repeat(43)}`, problem: undefined },
  { written: `agent:/run/ca.sock#SHA256:${'A'.repeat(42)}B`, problem: /SHA256/ },
  { written: 'agent:/run/ca.sock#MD5:00', problem: /SHA256/ },
  { written: 'agent:/run/ca.sock', problem: /agent:<socket>/ },
])('takes $written for a key’s place: $problem', ({ written, problem }) => {
  const found = authorityKeyProblem(written);
  if (problem === undefined) expect(found).toBeUndefined();
  else expect(found).toMatch(problem);
});

const hasAgent = spawnSync('ssh-agent', ['-?']).error === undefined;
const hasKeygen = spawnSync('ssh-keygen', ['-?']).error === undefined;

describe('a key behind an ssh-agent', () => {
  it.skipIf(!hasAgent || !hasKeygen).each(['ed25519', 'ecdsa'])('signs (%s)', async (type) => {
    const [socket, file] = [join(dir, `${type}.sock`), join(dir, type)];
    spawnSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-f', file]);
    const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      await once(agent.stdout, 'data');
      const env = { ...process.env, SSH_AUTH_SOCK: socket };
      expect(spawnSync('ssh-add', ['-q', file], { env }).status).toBe(0);
      const listed = spawnSync('ssh-add', ['-l'], { env, encoding: 'utf8' }).stdout;
      const [, fingerprint = ''] = listed.split(' ');
      const key = authorityKey(`agent:${socket}#${fingerprint}`, (path) => path);
      const signer = await readAuthorityKey(key);
      expect(sshFingerprint(sshKeyOf(signer.publicKey))).toBe(fingerprint);
      const message = utf8('to be signed');
      expect(isSignedWith(signer.publicKey, message, await signer.sign(message))).toBe(true);
      const other = `agent:${socket}#SHA256:${'A'.repeat(43)}`;
      await expect(readAuthorityKey(authorityKey(other, (path) => path))).rejects.toMatchObject({
        code: 'unreachable',
      });
    } finally {
      agent.kill();
      await once(agent, 'exit');
    }
    await expect(
      readAuthorityKey(authorityKey(`agent:${socket}#SHA256:${'A'.repeat(43)}`, (path) => path)),
    ).rejects.toMatchObject({ code: 'unreachable' });
  });

  const { publicKey } = signerOf('ed25519');
  const { blob } = sshKeyOf(publicKey);
  const string = (bytes: Uint8Array) => concatBytes(writeU32be(bytes.length), bytes);
  const keys = string(
    concatBytes(Uint8Array.of(12), writeU32be(1), string(blob), string(utf8('a comment'))),
  );
  it.each([
    { name: 'refuses', answers: [string(Uint8Array.of(5))] },
    { name: 'answers something else', answers: [string(Uint8Array.of(14))] },
    { name: 'says more than it was asked', answers: [concatBytes(keys, Uint8Array.of(0))] },
    { name: 'announces more than anybody has', answers: [writeU32be(2 ** 31)] },
    { name: 'announces nothing', answers: [writeU32be(0)] },
    { name: 'hangs up in the middle', answers: [keys.subarray(0, 9)] },
    {
      name: 'says that it has more keys than it tells',
      answers: [string(concatBytes(Uint8Array.of(12), writeU32be(9)))],
    },
    {
      name: 'signs with another key',
      answers: [
        keys,
        string(
          concatBytes(
            Uint8Array.of(14),
            string(concatBytes(string(utf8('ssh-ed25519')), string(new Uint8Array(64).fill(1)))),
          ),
        ),
      ],
    },
  ])('is not relied on where the agent $name', async ({ answers }) => {
    const socket = join(dir, `${count++}.sock`);
    const left = [...answers];
    const server = createServer((connection) => {
      connection.on('data', () => connection.end(left.shift() ?? ''));
      connection.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    try {
      const written = `agent:${socket}#${sshFingerprint(sshKeyOf(publicKey))}`;
      const signed = readAuthorityKey(authorityKey(written, (path) => path)).then(({ sign }) =>
        sign(utf8('x')),
      );
      await expect(signed).rejects.toMatchObject({ code: 'unreachable', at: socket });
    } finally {
      server.close();
    }
  });
});

it('a file that is no key is not quoted', async () => {
  const file = join(dir, 'wrong.pem');
  writeFileSync(file, 'no key at all');
  await expect(readAuthorityKey({ in: 'file', file })).rejects.toMatchObject({ code: 'usage' });
  await expect(readAuthorityKey({ in: 'file', file: `${file}.gone` })).rejects.toMatchObject({
    code: 'unreachable',
  });
});
