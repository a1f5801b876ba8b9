import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { durationMs } from '../../appraisal/policy/duration.ts';
import { toPem } from '../../core/encoding/pem.ts';
import { formatTime } from '../../core/encoding/time.ts';
import { sshKeyLine } from '../../core/ssh/public-key.ts';
import { isDomain } from '../../gateway/certificates/names.ts';
import { sshFingerprint, sshKeyOf } from '../../gateway/certificates/ssh-key.ts';
import { makeTlsAuthority } from '../../gateway/certificates/tls-authority.ts';
import { makeFolder, writeSecret } from '../audit/secret-files.ts';
import { wantOwnKey } from '../gateway/certificate-authorities.ts';
import { type Io, usage, warn } from '../io.ts';
import { printJson } from '../render.ts';
import type { Args, Verb } from '../verb.ts';
import { authorityKey, authorityKeyProblem, readAuthorityKey } from './authority-key.ts';

const LIFE = '365d';
const LONGEST = '3650d';
/** Clocks of those who have the certificate early. */
const BACKDATED_MS = 3_600_000;

const FILES = { ssh: 'ssh-ca.pem', tls: 'tls-ca.pem', certificate: 'tls-ca.crt' } as const;

export const caInitVerb: Verb = {
  name: 'ca init',
  summary: 'Make the authorities that certify the machines of a gateway: for SSH and for TLS.',
  operands: '<folder>',
  arity: { min: 1, max: 1 },
  options: {
    domain: { value: '<domain>', help: 'below which all names are, e.g. fleet.example.org' },
    life: {
      value: '<duration>',
      help: `of the TLS authority’s own certificate; ${LIFE} unless said`,
    },
    'ssh-key': {
      value: '<key>',
      help: 'a key that is there already: a file, or agent:<socket>#SHA256:<fingerprint>',
    },
    'tls-key': { value: '<key>', help: 'the same for TLS; P-256' },
  },
  notes: [
    'Who takes an authority trusts whoever holds its key: that can make any machine out of anything below the domain, and no evidence is looked at. Who would rather trust nobody verifies the machine itself: postern verify bundle, postern proxy. What is certified is in the ledger, where others see it: postern cert verify.',
    'The TLS authority can certify no name outside the domain and no IP address: its own certificate says so, and clients hold to it. An @cert-authority line is only for the hosts that it names.',
    'Standard output has what clients need: a line for known_hosts, and the TLS authority’s certificate. The keys lie in the folder, readable by you alone; say where in certificates of postern.yaml. Nothing is written over.',
    'An agent’s key never leaves it: keep it in an enclave of its own, and let the gateway ask there.',
  ],
  run: async (io, args) => {
    const domain = args.one('domain');
    if (domain === undefined) throw usage('--domain is missing: below which are machines’ names?');
    if (!isDomain(domain)) {
      const got = JSON.stringify(domain);
      throw usage(`--domain: want labels of DNS in lower case, two at least, got ${got}`);
    }
    const life = lifeOption(args);
    const dir = args.operand(0);
    await makeFolder(dir, 0o700);
    const keys = {
      ssh: await keyOf(args, 'ssh-key', join(dir, FILES.ssh), 'ed25519'),
      tls: await keyOf(args, 'tls-key', join(dir, FILES.tls), 'p256'),
    };
    const [ssh, tls] = [
      await readAuthorityKey(authorityKey(keys.ssh, (path) => path)),
      await readAuthorityKey(authorityKey(keys.tls, (path) => path)),
    ];
    wantOwnKey(tls.publicKey, ssh.publicKey.keyId);
    if (tls.publicKey.algorithm !== 'p256') throw usage('--tls-key: want a P-256 key');
    const from = Math.floor(io.now() / 1000) * 1000;
    const der = await makeTlsAuthority(tls, {
      domain,
      from: from - BACKDATED_MS,
      until: from + life,
      serial: io.randomBytes(16),
    });
    const certificate = join(dir, FILES.certificate);
    const pem = toPem(der, 'CERTIFICATE');
    await writeSecret(certificate, pem);
    const key = sshKeyOf(ssh.publicKey);
    const line = `@cert-authority *.${domain} ${sshKeyLine(key)}`;
    report(io, args, { domain, keys, certificate, line, pem, until: from + life });
    if (!args.has('json')) warn(io, `the SSH authority’s key is ${sshFingerprint(key)}`);
    return 0;
  },
};

function lifeOption(args: Args): number {
  const life = args.one('life') ?? LIFE;
  const isDuration = /^[1-9][0-9]{0,5}[smhd]$/.test(life);
  if (isDuration && durationMs(life) <= durationMs(LONGEST)) return durationMs(life);
  throw usage(`--life: want a duration up to ${LONGEST}, e.g. 90d`);
}

/** One that is there already, or a new one in a file. @returns as a configuration writes it. */
async function keyOf(
  args: Args,
  option: 'ssh-key' | 'tls-key',
  file: string,
  kind: 'ed25519' | 'p256',
): Promise<string> {
  const given = args.one(option);
  if (given !== undefined) {
    const problem = authorityKeyProblem(given);
    if (problem !== undefined) throw usage(`--${option}: ${problem}`);
    return given;
  }
  const { privateKey } =
    kind === 'ed25519'
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  await writeSecret(file, privateKey.export({ format: 'pem', type: 'pkcs8' }).toString());
  return file;
}

interface Made {
  readonly domain: string;
  readonly keys: { readonly ssh: string; readonly tls: string };
  readonly certificate: string;
  /** For known_hosts. */
  readonly line: string;
  readonly pem: string;
  readonly until: number;
}

function report(io: Io, args: Args, made: Made): void {
  const { domain, keys, certificate, line, pem, until } = made;
  const ends = formatTime(until);
  if (args.has('json')) {
    const tls = { key: keys.tls, certificate, until: ends, pem };
    printJson(io, { domain, ssh: { key: keys.ssh, knownHosts: line }, tls });
    return;
  }
  io.out(`${line}\n${pem}`);
  warn(io, `the TLS authority’s certificate ends at ${ends}. Next, in postern.yaml:`);
  const config = [
    'certificates:',
    `  domain: ${domain}`,
    `  ssh: { key: ${JSON.stringify(keys.ssh)} }`,
    `  tls: { key: ${JSON.stringify(keys.tls)}, certificate: ${JSON.stringify(certificate)} }`,
  ];
  for (const text of config) io.err(`${text}\n`);
}
