import '../../../src/core/x509/reflect-metadata.ts';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { fromHex } from '../../../src/core/bytes/hex.ts';
import { toPem } from '../../../src/core/encoding/pem.ts';
import { nameConstraints, permittedDomains } from '../../../src/core/x509/name-constraints.ts';
import { makeTlsAuthority, TlsAuthority } from '../../../src/gateway/certificates/tls-authority.ts';
import { DOMAIN, signerOf } from '../../support/authorities.ts';
import { faultOf } from '../../support/fault-of.ts';
import { damaged, fuzz, orRefused } from '../../support/fuzz.ts';
import { servingKeys } from '../../support/serving-keys.ts';

const HOUR = 3_600_000;
const NOW = Math.floor(Date.now() / 1000) * 1000;
const SIGNER = signerOf('p256');
const serial = () => new Uint8Array(randomBytes(16));
const DER = await makeTlsAuthority(SIGNER, {
  domain: DOMAIN,
  from: NOW - HOUR,
  until: NOW + 24 * HOUR,
  serial: serial(),
});
const AUTHORITY = new TlsAuthority(SIGNER, DER, DOMAIN);
const { tls: KEY } = servingKeys();

/** What its key signs, were somebody to ask it for any name. */
const certify = (host: string) =>
  AUTHORITY.certify({
    ...{ key: KEY.key, host, now: NOW, from: NOW - HOUR, until: NOW + HOUR },
    ...{ nonce: serial(), serial: serial(), decision: '0'.repeat(32), bundle: 'sha256:' },
  });

describe('a client that has the authority', () => {
  const met = async (host: string, servername = host) => {
    const { text } = await certify(host);
    const key = KEY.privateKey.export({ format: 'pem', type: 'pkcs8' });
    const server = createServer({ cert: text, key });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    try {
      return await new Promise<string>((resolve) => {
        const socket = connect({ host: '127.0.0.1', port, servername, ca: AUTHORITY.pem });
        socket.on('secureConnect', () => {
          socket.destroy();
          resolve('taken');
        });
        socket.on('error', ({ message }) => resolve(message));
      });
    } finally {
      server.close();
    }
  };

  it('takes a machine below the domain', async () => {
    expect(await met(`node-1.pool.${DOMAIN}`)).toBe('taken');
  });

  it('takes none for a name outside, whatever the authority’s key signed', async () => {
    expect(await met('bank.example')).toBe('permitted subtree violation');
    expect(await met(`x${DOMAIN}`)).toBe('permitted subtree violation');
  });

  it('takes none by another name than its own', async () => {
    const other = `node-2.pool.${DOMAIN}`;
    expect(await met(`node-1.pool.${DOMAIN}`, other)).toMatch(/altnames/);
  });

  it.skipIf(spawnSync('openssl', ['version']).error)('is of one mind with openssl', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'postern-tls-'));
    try {
      writeFileSync(join(dir, 'ca.pem'), AUTHORITY.pem);
      const verify = async (host: string) => {
        writeFileSync(join(dir, 'leaf.pem'), toPem((await certify(host)).bytes, 'CERTIFICATE'));
        const args = ['verify', '-x509_strict', '-purpose', 'sslserver', '-verify_hostname', host];
        return spawnSync('openssl', [...args, '-CAfile', 'ca.pem', 'leaf.pem'], {
          cwd: dir,
          encoding: 'utf8',
        });
      };
      expect((await verify(`node-1.pool.${DOMAIN}`)).stdout).toBe('leaf.pem: OK\n');
      expect((await verify('bank.example')).stderr).toContain('permitted subtree violation');
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});

describe('refuses to be an authority', () => {
  it('with the key of another', () => {
    expect(faultOf(() => new TlsAuthority(signerOf('p256'), DER, DOMAIN))).toMatchObject({
      detail: 'is not of this key',
    });
  });

  it('for another domain than its certificate', () => {
    for (const domain of ['other.example', 'example', `x${DOMAIN}`]) {
      expect(faultOf(() => new TlsAuthority(SIGNER, DER, domain))).toMatchObject({ code: 'usage' });
    }
    expect(() => new TlsAuthority(SIGNER, DER, `below.${DOMAIN}`)).not.toThrow();
  });

  it('with a leaf', async () => {
    const { bytes } = await certify(`node-1.pool.${DOMAIN}`);
    expect(faultOf(() => new TlsAuthority(SIGNER, bytes, DOMAIN))).toMatchObject({
      code: 'malformed',
    });
  });
});

describe('name constraints', () => {
  const good = nameConstraints(DOMAIN);

  it('say one domain', () => {
    expect(permittedDomains(good, 'c')).toEqual([DOMAIN]);
    expect(permittedDomains(nameConstraints(`${'d'.repeat(190)}.ab`), 'c')).toHaveLength(1);
  });

  it('are none that leave IP addresses free, or permit them', () => {
    const dns = '300f820d666c6565742e6578616d706c65';
    for (const text of [`3013a011${dns}`, '3010a00e300c870a00000000000000000000', '3000']) {
      const bytes = fromHex(text, 'test');
      expect(faultOf(() => permittedDomains(bytes, 'c'))).toMatchObject({ code: 'malformed' });
    }
  });

  fuzz('are read or refused', damaged(good), (bytes) => {
    orRefused(() => permittedDomains(bytes, 'c'));
  });
});
