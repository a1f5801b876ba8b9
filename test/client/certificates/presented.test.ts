import '../../../src/core/x509/reflect-metadata.ts';
import { randomBytes } from 'node:crypto';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { describe, expect, it } from 'vitest';
import { readAuthorities, readPresented } from '../../../src/client/certificates/presented.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { toPem } from '../../../src/core/encoding/pem.ts';
import { sshKeyLine } from '../../../src/core/ssh/public-key.ts';
import { NAME_CONSTRAINTS, nameConstraints } from '../../../src/core/x509/name-constraints.ts';
import { signerHandle, signingElsewhere } from '../../../src/gateway/certificates/x509-signing.ts';
import { authorities, certifiedText, DOMAIN, signerOf } from '../../support/authorities.ts';
import { faultOf } from '../../support/fault-of.ts';
import { servingKeys } from '../../support/serving-keys.ts';

const NOW = Date.UTC(2026, 5, 1, 12);
const HOUR = 3_600_000;
const HOST = `node-1.pool.${DOMAIN}`;
const BED = await authorities(NOW);
const { ssh: SSH_KEY, tls: TLS_KEY } = servingKeys();
const [SSH, TLS] = await Promise.all([
  certifiedText(BED, {
    use: 'ssh-host',
    key: SSH_KEY.key,
    host: HOST,
    now: NOW,
    until: NOW + HOUR,
  }),
  certifiedText(BED, { use: 'tls', key: TLS_KEY.key, host: HOST, now: NOW, until: NOW + HOUR }),
]);
const problemOf = (
  certificate: string,
  files: readonly string[],
  host: string | undefined = HOST,
  now = NOW,
) => {
  const all = files.map((file) => readAuthorities(utf8(file), 'authorities'));
  const by = { ssh: all.flatMap(({ ssh }) => ssh), tls: all.flatMap(({ tls }) => tls) };
  return readPresented(utf8(certificate), 'presented').problem(by, host, now);
};

describe('an authority of SSH', () => {
  const key = sshKeyLine(BED.ssh.publicKey);

  it.each([
    { name: 'a public key', file: `${key} a comment\n` },
    { name: 'a line for its pool', file: `@cert-authority *.pool.${DOMAIN} ${key}\n` },
    { name: 'a line of Windows', file: `# ours\r\n\r\n@cert-authority *.${DOMAIN} ${key}\r\n` },
    { name: 'a line with tabs', file: `  # ours\n@cert-authority\t*.${DOMAIN}\t${key}\n` },
    { name: 'one of two lines', file: `@cert-authority a.b ${key}\n@cert-authority * ${key}\n` },
    {
      name: 'a line among those of hosts',
      file: `box.a,10.0.0.1 ${key}\n|1|QQ==|QQ== ${key}\n@cert-authority *.${DOMAIN} ${key}\n`,
    },
    { name: 'a list of patterns', file: `@cert-authority a.b,Node-?.pool.*,!x.y ${key}\n` },
    { name: 'a pattern with a port', file: `@cert-authority [*.${DOMAIN}]:2222 ${key}\n` },
  ])('is believed by $name', ({ file }) => {
    expect(problemOf(SSH, [file])).toBeUndefined();
  });

  it.each([
    { name: 'for another pool', hosts: `*.other.${DOMAIN}` },
    { name: 'for the domain by itself', hosts: DOMAIN },
    { name: 'for all but this host', hosts: `*,!${HOST}` },
    { name: 'for a name that ends alike', hosts: '?.fleet.example' },
    { name: 'for a name with dots that stand for anything', hosts: HOST.replaceAll('.', '-') },
    { name: 'for a hashed host', hosts: '|1|QQ==|QQ==' },
  ])('is not believed by a line $name', ({ hosts }) => {
    const file = `@cert-authority ${hosts} ${key}\n`;
    expect(problemOf(SSH, [file])).toMatch(/its authority is not believed there/);
    expect(problemOf(SSH, [file], undefined)).toMatch(/its authority is not believed there/);
  });

  it.each([
    { name: 'the key of a host', file: `box.example ${key}\n`, at: 'a', says: /no authority/ },
    {
      name: 'a key that is revoked',
      file: `@cert-authority * ${key}\n@revoked * ${key}\n`,
      at: 'a[1]',
      says: /revokes/,
    },
    { name: 'nothing', file: '# nobody\n', at: 'a', says: /no authority/ },
  ])('is not made of $name', ({ file, at, says }) => {
    const fault = faultOf(() => readAuthorities(utf8(file), 'a'));
    expect(fault).toMatchObject({ code: 'malformed', at });
    expect(fault?.detail).toMatch(says);
  });
});

describe('an authority of TLS', () => {
  it('vouches for its hosts', () => {
    expect(problemOf(TLS, [BED.tls.pem])).toBeUndefined();
    expect(problemOf(TLS, [BED.tls.pem], `node-2.pool.${DOMAIN}`)).toBe(`is for ${HOST}`);
  });

  it('is the one of several that signed, and why it does not vouch is said of that one', async () => {
    const others = (await authorities(NOW)).tls.pem;
    expect(problemOf(TLS, [others])).toBe('has no signature of the authority');
    expect(problemOf(TLS, [others, BED.tls.pem])).toBeUndefined();
    expect(problemOf(TLS, [others, BED.tls.pem], HOST, NOW + 2 * HOUR)).toMatch(/ended/);
  });
});

describe('a TLS certificate does not vouch', () => {
  const SIGNER = signerOf('p256');
  const make = async (name: string, publicKey: Uint8Array, extensions: Extension[]) =>
    new Uint8Array(
      (
        await X509CertificateGenerator.create(
          {
            ...{
              subject: name,
              issuer: 'CN=ca',
              serialNumber: `40${randomBytes(4).toString('hex')}`,
            },
            ...{ notBefore: new Date(NOW - HOUR), notAfter: new Date(NOW + HOUR) },
            ...{ publicKey: publicKey.slice().buffer, extensions },
            ...{
              signingKey: signerHandle(SIGNER),
              signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
            },
          },
          signingElsewhere,
        )
      ).rawData,
    );
  const leaf = (more: Extension[]) =>
    make('CN=leaf', TLS_KEY.key, [
      new SubjectAlternativeNameExtension([{ type: 'dns', value: HOST }]),
      ...more,
    ]);
  const authority = (constraints: Uint8Array) =>
    make('CN=ca', SIGNER.publicKey.spki, [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
      new Extension(NAME_CONSTRAINTS, true, constraints.slice().buffer),
    ]);
  const pem = (der: Uint8Array) => toPem(der, 'CERTIFICATE');

  it.each([
    { name: 'any purpose', more: [], says: undefined },
    {
      name: 'the purpose of a server among others',
      more: [
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth, ExtendedKeyUsage.serverAuth]),
      ],
      says: undefined,
    },
    {
      name: 'the purpose of a client alone',
      more: [new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth])],
      says: /no server/,
    },
    {
      name: 'a key that is not to sign',
      more: [new KeyUsagesExtension(KeyUsageFlags.keyAgreement, true)],
      says: /sign/,
    },
  ])('where it has $name: $says', async ({ more, says }) => {
    const found = problemOf(pem(await leaf(more)), [pem(await authority(nameConstraints(DOMAIN)))]);
    if (says === undefined) expect(found).toBeUndefined();
    else expect(found).toMatch(says);
  });

  it('for a host that its authority is excluded from', async () => {
    // Beside every IP address, what is below pool.fleet.example.
    const excluded = utf8(`pool.${DOMAIN}`);
    const base = Uint8Array.of(0x30, excluded.length + 2, 0x82, excluded.length, ...excluded);
    const good = nameConstraints(DOMAIN);
    const at = good.findIndex((byte, i) => byte === 0xa1 && i > 4);
    const length = good[at + 1] ?? 0;
    const bytes = Uint8Array.of(...good, ...base);
    bytes[1] = (bytes[1] ?? 0) + base.length;
    bytes[at + 1] = length + base.length;
    expect(problemOf(pem(await leaf([])), [pem(await authority(bytes))])).toMatch(/excludes/);
  });
});
