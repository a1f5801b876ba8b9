import { spawnSync } from 'node:child_process';
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lengthPrefixed } from '../../../src/core/bytes/length-prefixed.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import {
  parseSshCertificate,
  parseSshCertificateLine,
  type SshStatement,
} from '../../../src/core/ssh/certificate.ts';
import { extensionText, hostCertificateProblem } from '../../../src/core/ssh/host-certificate.ts';
import {
  parseSshKeyBlob,
  SSH_ED25519,
  SSH_P256,
  sshEd25519Blob,
  sshKeyLine,
  sshP256Blob,
} from '../../../src/core/ssh/public-key.ts';
import { parseSshSignature, writeSshSignature } from '../../../src/core/ssh/signature.ts';
import {
  sshCertificateLine,
  sshCertificateToSign,
  sshTextOption,
  writeSshCertificate,
} from '../../../src/core/ssh/write-certificate.ts';
import { faultOf } from '../../support/fault-of.ts';
import { damaged, fuzz, orRefused } from '../../support/fuzz.ts';

const NOW = Date.parse('2026-06-01T12:00:00Z');
const SECONDS = BigInt(NOW / 1000);

interface Signer {
  readonly blob: Uint8Array;
  readonly sign: (message: Uint8Array) => Uint8Array;
  readonly privateKey: KeyObject;
}

function ed25519(): Signer {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  return {
    blob: sshEd25519Blob(new Uint8Array(raw)),
    sign: (message) => new Uint8Array(sign(null, message, privateKey)),
    privateKey,
  };
}

function p256(): Signer {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-65);
  return {
    blob: sshP256Blob(new Uint8Array(raw)),
    sign: (message) =>
      new Uint8Array(sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' })),
    privateKey,
  };
}

const key = (blob: Uint8Array) => parseSshKeyBlob(blob, 'key');

function statement(of: Signer, by: Signer, more: Partial<SshStatement> = {}): SshStatement {
  return {
    nonce: new Uint8Array(32).fill(7),
    key: key(of.blob),
    serial: 2n ** 63n + 5n,
    type: 'host',
    keyId: 'node-1 of pool',
    principals: ['node-1.pool.example'],
    validAfter: SECONDS - 60n,
    validBefore: SECONDS + 1800n,
    criticalOptions: [],
    extensions: [sshTextOption('decision@postern', 'ab'), sshTextOption('bundle@postern', 'cd')],
    authority: key(by.blob),
    ...more,
  };
}

function issue(of: Signer, by: Signer, more: Partial<SshStatement> = {}) {
  const toSign = sshCertificateToSign(statement(of, by, more));
  const algorithm = key(by.blob).algorithm === SSH_ED25519 ? SSH_ED25519 : SSH_P256;
  return writeSshCertificate(toSign, { algorithm, signature: by.sign(toSign) });
}

const HOST_KEY = ed25519();
const CA = p256();
const GOOD = issue(HOST_KEY, CA);
const terms = { authorities: [key(CA.blob)], host: 'node-1.pool.example', now: NOW };
const problem = (more: Partial<SshStatement>, by = CA) =>
  hostCertificateProblem(issue(HOST_KEY, by, more), terms);

describe.each([
  { name: 'Ed25519 by P-256', of: ed25519(), by: p256() },
  { name: 'P-256 by Ed25519', of: p256(), by: ed25519() },
  { name: 'P-256 by P-256', of: p256(), by: p256() },
  { name: 'Ed25519 by Ed25519', of: ed25519(), by: ed25519() },
])('a certificate of $name', ({ of, by }) => {
  it('is read as it was written, from inside of a larger buffer as well', () => {
    const { signed: _signed, blob, ...made } = issue(of, by);
    const { signed, ...read } = parseSshCertificate(
      concatBytes(Uint8Array.of(1, 2), blob, Uint8Array.of(3)).subarray(2, -1),
      'c',
    );
    expect(read).toEqual({ ...made, blob });
    expect(signed).toEqual(sshCertificateToSign(statement(of, by)));
    expect(
      hostCertificateProblem(
        { ...read, signed },
        {
          ...terms,
          authorities: [key(by.blob)],
        },
      ),
    ).toBeUndefined();
    expect(extensionText({ ...read, signed }, 'decision@postern')).toBe('ab');
    expect(extensionText({ ...read, signed }, 'other@postern')).toBeUndefined();
  });

  it.skipIf(spawnSync('ssh-keygen', ['-?']).error)('reads the same to ssh-keygen', () => {
    const dir = mkdtempSync(join(tmpdir(), 'postern-cert-'));
    try {
      const file = join(dir, 'k-cert.pub');
      writeFileSync(file, `${sshCertificateLine(issue(of, by))}\n`);
      const { stdout, status } = spawnSync('ssh-keygen', ['-L', '-f', file], {
        encoding: 'utf8',
        env: { ...process.env, TZ: 'UTC' },
      });
      expect(status).toBe(0);
      const fingerprint = (blob: Uint8Array) =>
        `SHA256:${Buffer.from(key(blob).fingerprint).toString('base64').replace(/=+$/, '')}`;
      expect(stdout).toContain(`${key(of.blob).algorithm}-cert-v01@openssh.com host certificate`);
      expect(stdout).toContain(fingerprint(of.blob));
      expect(stdout).toContain(`${fingerprint(by.blob)} (using ${key(by.blob).algorithm})`);
      expect(stdout).toContain('Key ID: "node-1 of pool"');
      expect(stdout).toContain(`Serial: ${2n ** 63n + 5n}`);
      expect(stdout).toContain('from 2026-06-01T11:59:00 to 2026-06-01T12:30:00');
      expect(stdout).toMatch(/Principals:\s+node-1\.pool\.example\s+Critical Options: \(none\)/);
      expect(stdout).toContain('bundle@postern');
      expect(stdout).toContain('decision@postern');
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});

it.skipIf(spawnSync('ssh-keygen', ['-?']).error)('reads what ssh-keygen signs', () => {
  const dir = mkdtempSync(join(tmpdir(), 'postern-cert-'));
  const run = (...args: string[]) => {
    const { status, stderr } = spawnSync('ssh-keygen', args, { cwd: dir, encoding: 'utf8' });
    expect(status, stderr).toBe(0);
  };
  try {
    run('-q', '-t', 'ecdsa', '-N', '', '-f', 'ca');
    run('-q', '-t', 'ed25519', '-N', '', '-f', 'host');
    run(
      ...['-q', '-s', 'ca', '-h', '-I', 'id', '-n', 'a.example,b.example', '-z', '9'],
      ...['-V', '20260601000000Z:20260602000000Z', '-O', 'extension:decision@postern=ab'],
      'host.pub',
    );
    const certificate = parseSshCertificateLine(
      readFileSync(join(dir, 'host-cert.pub'), 'utf8'),
      'c',
    );
    expect(certificate).toMatchObject({
      type: 'host',
      keyId: 'id',
      principals: ['a.example', 'b.example'],
      serial: 9n,
    });
    expect(extensionText(certificate, 'decision@postern')).toBe('ab');
    const ca = Buffer.from(readFileSync(join(dir, 'ca.pub'), 'utf8').split(' ')[1] ?? '', 'base64');
    const by = { authorities: [key(new Uint8Array(ca))], host: 'b.example', now: NOW };
    expect(hostCertificateProblem(certificate, by)).toBeUndefined();
    // Made again from what it says, it is the same but for the signature.
    expect(sshCertificateToSign(certificate)).toEqual(certificate.signed);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

describe('does not vouch', () => {
  it.each<{ name: string; more: Partial<SshStatement>; says: RegExp }>([
    { name: 'for a user', more: { type: 'user' }, says: /user/ },
    { name: 'before its time', more: { validAfter: SECONDS + 1n }, says: /not valid yet/ },
    { name: 'at its end', more: { validBefore: SECONDS }, says: /no longer/ },
    { name: 'for every host', more: { principals: [] }, says: /names no host/ },
    { name: 'for hosts by a pattern', more: { principals: ['*.pool.example'] }, says: /pattern/ },
    {
      name: 'for another host',
      more: { principals: ['node-2.pool.example'] },
      says: /is for node-2/,
    },
    {
      name: 'with a critical option',
      more: { criticalOptions: [sshTextOption('force-command', 'x')] },
      says: /critical/,
    },
  ])('$name', ({ more, says }) => {
    expect(problem(more)).toMatch(says);
  });

  it('by another authority', () => {
    expect(problem({}, ed25519())).toMatch(/another authority/);
  });

  it('by a signature over something else', () => {
    const toSign = sshCertificateToSign(statement(HOST_KEY, CA));
    const signature = CA.sign(sshCertificateToSign(statement(HOST_KEY, CA, { serial: 1n })));
    const forged = writeSshCertificate(toSign, { algorithm: SSH_P256, signature });
    expect(hostCertificateProblem(forged, terms)).toMatch(/no signature/);
  });
});

describe('refuses', () => {
  it.each<{ name: string; more: Partial<SshStatement> }>([
    { name: 'a principal with a line break', more: { principals: ['a\nb'] } },
    { name: 'a principal with a comma', more: { principals: ['a,b'] } },
    { name: 'an empty principal', more: { principals: [''] } },
    { name: 'a key id with a line break', more: { keyId: 'a\nb' } },
    {
      name: 'an extension twice',
      more: { extensions: [sshTextOption('a', '1'), sshTextOption('a', '2')] },
    },
  ])('$name', ({ more }) => {
    expect(faultOf(() => issue(HOST_KEY, CA, more))).toMatchObject({ code: 'malformed' });
  });

  it('a byte less, and one more', () => {
    const { blob } = GOOD;
    for (const bytes of [blob.subarray(0, -1), concatBytes(blob, Uint8Array.of(0))]) {
      expect(faultOf(() => parseSshCertificate(bytes, 'c'))).toMatchObject({ code: 'malformed' });
    }
  });

  it.each([
    {
      name: 'a certificate of RSA',
      from: 'ssh-ed25519-cert-v01@openssh.com',
      to: 'ssh-rsaaaaa-cert-v01@openssh.com',
    },
    { name: 'a plain key', from: '-cert-v01@openssh.com', to: '-cert-v02@openssh.com' },
  ])('$name', ({ from, to }) => {
    const text = Buffer.from(GOOD.blob).toString('latin1').replace(from, to);
    const blob = new Uint8Array(Buffer.from(text, 'latin1'));
    expect(faultOf(() => parseSshCertificate(blob, 'c'))).toMatchObject({ code: 'unsupported' });
  });

  it('a line of another algorithm than inside', () => {
    const line = sshCertificateLine(GOOD).replace('ssh-ed25519', 'ssh-ed448');
    expect(faultOf(() => parseSshCertificateLine(line, 'c'))).toMatchObject({ code: 'malformed' });
    const plain = sshKeyLine(key(HOST_KEY.blob));
    expect(faultOf(() => parseSshCertificateLine(plain, 'c'))).toMatchObject({
      code: 'unsupported',
    });
  });
});

describe('a signature', () => {
  it('of P-256 has one text', () => {
    const signature = concatBytes(
      new Uint8Array(31),
      Uint8Array.of(0x80),
      new Uint8Array(32).fill(1),
    );
    const wire = writeSshSignature({ algorithm: SSH_P256, signature });
    expect(parseSshSignature(wire, 's')).toEqual({ algorithm: SSH_P256, signature });
    const numbers = (...list: Uint8Array[]) =>
      lengthPrefixed(utf8(SSH_P256), lengthPrefixed(...list));
    for (const bad of [
      numbers(Uint8Array.of(0, 1), Uint8Array.of(1)),
      numbers(Uint8Array.of(0x80), Uint8Array.of(1)),
      numbers(new Uint8Array(), Uint8Array.of(1)),
      numbers(new Uint8Array(33).fill(1), Uint8Array.of(1)),
      numbers(Uint8Array.of(1)),
      numbers(Uint8Array.of(1), Uint8Array.of(1), Uint8Array.of(1)),
    ]) {
      expect(faultOf(() => parseSshSignature(bad, 's'))).toMatchObject({ code: 'malformed' });
    }
  });
});

fuzz(
  'what is read of a damaged certificate is what it says, byte for byte',
  damaged(GOOD.blob, issue(p256(), ed25519()).blob),
  (bytes) => {
    const read = orRefused(() => {
      try {
        return parseSshCertificate(bytes, 'c');
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'unsupported')
          return undefined;
        throw error;
      }
    });
    if (read === undefined) return;
    const again = writeSshCertificate(sshCertificateToSign(read), read.signature);
    expect(Buffer.compare(again.blob, bytes)).toBe(0);
  },
);
