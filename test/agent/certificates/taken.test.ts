import { describe, expect, it } from 'vitest';
import { takeCertificate } from '../../../src/agent/certificates/taken.ts';
import { makeSshHostKey } from '../../../src/agent/keys/ssh-host-key.ts';
import { makeTlsKey } from '../../../src/agent/keys/tls-key.ts';
import { parseSshCertificateLine } from '../../../src/core/ssh/certificate.ts';
import { sshCertificateLine } from '../../../src/core/ssh/write-certificate.ts';
import { authorities, certifiedText } from '../../support/authorities.ts';

const now = Date.UTC(2026, 5, 1, 12);
const until = now + 1_800_000;
const host = 'n.p.fleet.example';
const by = await authorities(now);

const served = {
  ssh: { use: 'ssh-host', key: makeSshHostKey('ed25519').blob },
  ecdsa: { use: 'ssh-host', key: makeSshHostKey('ecdsa-p256').blob },
  tls: { use: 'tls', key: makeTlsKey().spki },
} as const;
const textOf = (name: keyof typeof served) =>
  certifiedText(by, { ...served[name], host, now, until });
const blocks = (pem: string) => pem.split(/(?<=-----END CERTIFICATE-----\n)/).filter(Boolean);

describe.each(['ssh', 'ecdsa', 'tls'] as const)('a certificate of %s', (name) => {
  it('is taken as it came, with its names and its end', async () => {
    const text = await textOf(name);
    const taken = takeCertificate(served[name], text, now);
    expect(taken).toEqual({ ...served[name], text, names: [host], until });
  });

  it('is refused for another key', async () => {
    const other = name === 'tls' ? makeTlsKey().spki : makeSshHostKey('ed25519').blob;
    const take = takeCertificate.bind(undefined, { ...served[name], key: other });
    const text = await textOf(name);
    expect(() => take(text, now)).toThrow(expect.objectContaining({ code: 'conflict' }));
  });

  it('is refused when it has ended, and before it begins', async () => {
    const text = await textOf(name);
    expect(takeCertificate(served[name], text, until - 1).until).toBe(until);
    for (const time of [until, now - 61_000]) {
      expect(() => takeCertificate(served[name], text, time)).toThrow(/valid|ended/);
    }
  });

  it('is refused where it is something else', async () => {
    const [other, own] = [await textOf(name === 'tls' ? 'ssh' : 'tls'), await textOf(name)];
    for (const text of ['', other, `${own}${own}`, own.slice(0, own.length / 2)]) {
      expect(() => takeCertificate(served[name], text, now)).toThrow(/certificate/);
    }
  });
});

it('of SSH without its authority’s signature is refused', async () => {
  const certificate = parseSshCertificateLine(await textOf('ssh'), 'certificate');
  const blob = certificate.blob.slice();
  blob.set([(blob.at(-1) ?? 0) ^ 1], blob.length - 1);
  const line = sshCertificateLine({ ...certificate, blob });
  expect(() => takeCertificate(served.ssh, line, now)).toThrow(/no signature/);
});

it('of TLS is refused without its authority, and with another', async () => {
  const [leaf = '', authority = ''] = blocks(await textOf('tls'));
  const strangers = (await authorities(now)).tls.pem;
  for (const text of [leaf, `${leaf}${strangers}`, `${authority}${leaf}`]) {
    expect(() => takeCertificate(served.tls, text, now)).toThrow(/certificate/);
  }
});
