import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freshGateway, gate } from './gateways.ts';

/** A gateway with this configuration of certificates, asked whether it would start. */
async function checked(certificates: string) {
  const dir = freshGateway();
  const made = await gate(['ca', 'init', join(dir, 'ca'), '--domain', 'fleet.example']);
  expect(made.exit).toBe(0);
  const config = join(dir, 'postern.yaml');
  appendFileSync(config, `\ncertificates: ${certificates}\n`);
  return { dir, ran: await gate(['gateway', 'check', dir]) };
}

const SSH = 'ssh: { key: ca/ssh-ca.pem }';
const TLS = 'tls: { key: ca/tls-ca.pem, certificate: ca/tls-ca.crt }';

it('says which authorities there are, and their keys are in the inventory', async () => {
  const { dir, ran } = await checked(`{ domain: fleet.example, ${SSH}, ${TLS} }`);
  expect(ran.exit).toBe(0);
  expect(ran.out).toMatch(/certificates +names below fleet\.example for 30 min, by SSH SHA256:/);
  const { keys } = JSON.parse((await gate(['keys', 'list', dir, '--json'])).out);
  const own = keys.filter(({ kind }: { readonly kind: string }) => kind === 'authority');
  expect(own).toHaveLength(2);
  expect(own[0].id).toMatch(/^SHA256:/);
  const rotated = await gate(['keys', 'rotate', dir, 'authority']);
  expect([rotated.exit, rotated.err]).toEqual([64, expect.stringContaining('postern ca init')]);
});

describe('would not start, and says where, with', () => {
  it.each([
    { name: 'no authority', text: '{ domain: fleet.example }', says: 'certificates:' },
    {
      name: 'a domain of one label',
      text: `{ domain: example, ${SSH} }`,
      says: 'certificates.domain',
    },
    {
      name: 'another domain than the CA’s',
      text: `{ domain: other.example, ${TLS} }`,
      says: 'is for fleet.example, and not for other.example',
    },
    {
      name: 'a life beyond a day',
      text: `{ domain: fleet.example, life: 2d, ${SSH} }`,
      says: 'certificates.life',
    },
    {
      name: 'one key for both',
      text: '{ domain: fleet.example, ssh: { key: ca/tls-ca.pem }, tls: { key: ca/tls-ca.pem, certificate: ca/tls-ca.crt } }',
      says: 'certificates.tls.key',
    },
    {
      name: 'a key that is not there',
      text: '{ domain: fleet.example, ssh: { key: gone.pem } }',
      says: 'gone.pem',
    },
    {
      name: 'a certificate of another key',
      text: '{ domain: fleet.example, tls: { key: ca/ssh-ca.pem, certificate: ca/tls-ca.crt } }',
      says: 'P-256',
    },
    {
      name: 'an agent’s key without a fingerprint',
      text: "{ domain: fleet.example, ssh: { key: 'agent:/s#x' } }",
      says: 'certificates.ssh.key',
    },
  ])('$name', async ({ text, says }) => {
    const { ran } = await checked(text);
    expect(ran.exit).toBe(64);
    expect(`${ran.out}${ran.err}`).toContain(says);
    expect(ran.err).not.toContain('PRIVATE');
  });
});
