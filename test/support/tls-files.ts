import '../../src/core/x509/reflect-metadata.ts';
import { KeyUsageFlags } from '@peculiar/x509';
import { toPem } from '../../src/core/encoding/pem.ts';
import { certify, party } from './pki.ts';

/** A certificate and its key, PEM, for a server that only tests talk to. */
export async function tlsFiles(): Promise<{ readonly cert: string; readonly key: string }> {
  const server = await party('gate.example');
  const der = await certify(server, server, {
    kind: 'ca',
    usages: KeyUsageFlags.keyCertSign | KeyUsageFlags.digitalSignature,
  });
  const key = new Uint8Array(await crypto.subtle.exportKey('pkcs8', server.keys.privateKey));
  return { cert: toPem(der, 'CERTIFICATE'), key: toPem(key, 'PRIVATE KEY') };
}
