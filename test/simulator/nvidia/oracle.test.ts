import { spawnSync } from 'node:child_process';
import { verify, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fromPem, toPem } from '../../../src/core/encoding/pem.ts';
import { certificateOf } from '../../../src/simulator/nvidia/issue.ts';
import { NVIDIA_MODELS, type NvidiaModel } from '../../../src/simulator/nvidia/model.ts';
import { simulateNvidia } from '../../../src/simulator/nvidia/simulate.ts';

const MODELS = Object.keys(NVIDIA_MODELS) as NvidiaModel[];

const folder = mkdtempSync(join(tmpdir(), 'postern-oracle-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function chainOf(pem: Uint8Array): X509Certificate[] {
  const ders = fromPem(Buffer.from(pem).toString('latin1'), 'CERTIFICATE', 'chain');
  return ders.map((der) => new X509Certificate(der));
}

function spki(certificate: X509Certificate | undefined): string {
  return certificate?.publicKey.export({ type: 'spki', format: 'pem' }).toString() ?? '';
}

/** OpenSSL reads what the simulator wrote; none of our own parsers is asked. */
describe.each(MODELS)('OpenSSL agrees with %s', (model) => {
  const made = simulateNvidia({ model, ocsp: 'all' });
  const chain = chainOf(made.chain);
  const [leaf, brom] = chain;

  it('about the certificates', () => {
    expect(chain).toHaveLength(5);
    for (const [i, certificate] of chain.entries()) {
      const issuer = chain[i + 1] ?? certificate;
      expect(certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)).toBe(true);
      expect(certificate.publicKey.asymmetricKeyDetails).toMatchObject({
        namedCurve: 'secp384r1',
      });
      expect(certificate.validTo).toBe('Dec 31 23:59:59 9999 GMT');
    }
    expect(chain.map(({ ca }) => ca)).toEqual([false, true, true, true, true]);
  });

  it('about names and serial numbers', () => {
    const { part, kind } = NVIDIA_MODELS[model];
    const number = brom?.serialNumber ?? '';
    expect(number).toMatch(kind === 'gpu' ? /^41[0-9A-F]{16}$/ : /^50[0-9A-F]{16}$/);
    expect(brom?.subject.split('\n')).toEqual([
      `serialNumber=${number}`,
      'C=US',
      'O=Postern Simulator',
      `CN=${part} BROM`,
    ]);
    expect(leaf?.subject.split('\n').slice(1)).toEqual([
      'C=US',
      'O=Postern Simulator',
      `CN=${part} FMC LF`,
    ]);
  });

  it('about the signature of the report', () => {
    const { report } = made;
    const key = { key: spki(leaf), dsaEncoding: 'ieee-p1363' } as const;
    const [signed, signature] = [report.subarray(0, -96), report.subarray(-96)];
    expect(verify('sha384', signed, key, signature)).toBe(true);
    expect(verify('sha384', report, key, signature)).toBe(false);
  });
});

/** Tools that a machine has or has not. */
function run(tool: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(tool, args);
  return { status, said: `${stdout}${stderr}` };
}

const CAN = {
  openssl: run('openssl', 'version').status === 0,
  xmlsec1: run('xmlsec1', '--version').status === 0,
};

const MID_2026 = String(Date.UTC(2026, 5, 1) / 1000);

/** Certificate and issuer of each response, by name in the plan. */
const ANSWERED = [
  ['brom', 'provisioner'],
  ['provisioner', 'identity'],
  ['identity', 'root'],
  ['driverSigner', 'rimL3'],
  ['vbiosSigner', 'rimL3'],
  ['rimL3', 'rimCa'],
  ['rimCa', 'rimRoot'],
] as const;

describe.skipIf(!CAN.openssl)('openssl ocsp agrees with the responses', () => {
  const { plan, ocsp } = simulateNvidia({ ocsp: 'all' });
  const pem = (name: string) => toPem(certificateOf(plan, name), 'CERTIFICATE');
  const trusted = ['root', 'identity', 'provisioner', 'rimRoot', 'rimCa', 'rimL3'];

  it.each(ANSWERED.map(([about, issuer], i) => [about, issuer, i] as const))(
    '%s, issued by %s',
    (about, issuer, i) => {
      const { said } = run(
        'openssl',
        ...['ocsp', '-sha384', '-no_nonce'],
        ...['-issuer', file('issuer.pem', pem(issuer)), '-cert', file('about.pem', pem(about))],
        ...['-respin', file('response.der', ocsp[i]?.response ?? '')],
        ...['-CAfile', file('trusted.pem', trusted.map(pem).join(''))],
        // Against the clock of the machine only this long; the instant is asked of the chain.
        ...['-validity_period', '4000000000', '-attime', MID_2026],
      );
      expect(said).toContain('Response verify OK');
      expect(said).toMatch(/about\.pem: good/);
    },
  );
});

describe.skipIf(!CAN.xmlsec1)('xmlsec1 agrees with the manifests', () => {
  function verified(xml: Uint8Array, root: Uint8Array): number | null {
    return run(
      'xmlsec1',
      ...['--verify', '--verification-time', '2026-06-01 00:00:00'],
      ...['--trusted-pem', file('rim-root.pem', toPem(root, 'CERTIFICATE'))],
      file('rim.xml', xml),
    ).status;
  }

  it.each(MODELS)('%s', (model) => {
    const { rims, roots } = simulateNvidia({ model });
    for (const xml of rims) expect(verified(xml, roots.rim)).toBe(0);
  });

  it.each([
    'rim_value_changed',
    'rim_deactivated',
    'rim_blank_added',
    'rim_digest_wrong',
    'rim_of_other_key',
    'rim_signature_zero',
    'rim_root_forged',
    'rim_signer_forged',
    'rim_signature_missing',
  ] as const)('and refuses %s', (fault) => {
    const { rims, roots } = simulateNvidia({ fault });
    expect(verified(rims[1] ?? new Uint8Array(), roots.rim)).not.toBe(0);
  });

  /** The standard allows them, and NVIDIA does none of it: our own profile alone refuses. */
  it.each(['rim_key_name', 'rim_signature_with_id', 'rim_comment'] as const)(
    'and has nothing against %s',
    (fault) => {
      const { rims, roots } = simulateNvidia({ fault });
      expect(verified(rims[1] ?? new Uint8Array(), roots.rim)).toBe(0);
    },
  );
});
