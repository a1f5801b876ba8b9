import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeLeaf } from '../../../src/agent/tls/leaf.ts';
import { certificateChallenge } from '../../../src/appraisal/binding/tls-evidence.ts';
import { toPem } from '../../../src/core/encoding/pem.ts';
import { edited } from '../../support/bundle.ts';
import { NODE } from '../../support/client/bed.ts';
import {
  servingTls,
  TLS_HOST,
  type TlsBox,
  type TlsKey,
  tlsBox,
  tlsKey,
} from '../../support/client/tls-box.ts';
import { type CliBed, cliBed, without } from '../client/client-cli.ts';
import { postern, type Ran } from '../fake-io.ts';

let key: TlsKey;
let stranger: TlsKey;
let cli: CliBed;
let box: TlsBox;
let fraud: TlsBox;

beforeAll(async () => {
  [key, stranger] = [await tlsKey(), await tlsKey()];
  cli = await cliBed({
    serving: [servingTls(key)],
    machine: { eventLog: 'none' },
    policy: ({ spec }) => {
      if ('skip' in spec.bindings) throw new Error('bindings are skipped');
      spec.bindings.purposes = ['client', 'tls-session', 'tls-certificate'];
    },
  });
  const { machine } = cli.bed;
  box = await tlsBox(key, { machine, certificate: await leafOf(key, bundleFor(key)) });
  fraud = await tlsBox(stranger);
}, 120_000);

afterAll(async () => {
  await box?.close();
  await fraud?.close();
});

function run(argv: readonly string[], file?: string): Promise<Ran> {
  const files = { ...cli.files, ...(file !== undefined && { 'leaf.pem': file }) };
  return postern(argv, files, cli.io);
}

const text = ({ host, port }: TlsBox['address']) => `${host}:${port}`;

/** What the machine's agent would put into a certificate of this key. */
function bundleFor({ spki }: TlsKey, purpose?: string): Uint8Array {
  const challenge = certificateChallenge(spki);
  return cli.bed.machine.attest(challenge.nonce, purpose ?? challenge.purpose);
}

/** As an agent makes its certificates. */
function leafOf(own: TlsKey, bundle: Uint8Array): Promise<Uint8Array> {
  const at = cli.bed.machine.hardware.at.evidence;
  const { sign } = servingTls(own);
  const lend = <T>(use: (pem: Buffer) => T) => use(Buffer.alloc(0));
  return makeLeaf(
    { spki: own.spki, sign, lend },
    {
      names: [TLS_HOST],
      validity: { from: at, to: at + 3_600_000 },
      bundle,
      serial: new Uint8Array(16).fill(7),
    },
  );
}

async function leaf(own: TlsKey, bundle: Uint8Array): Promise<string> {
  return toPem(await leafOf(own, bundle), 'CERTIFICATE');
}

describe('postern tls without a gateway', () => {
  let roots: readonly string[];
  beforeEach(() => {
    roots = cli.flags.slice(cli.flags.indexOf('--trust-anchor'));
  });

  const judged = async (operand: string, more: readonly string[] = [], file?: string) => {
    const argv = ['tls', operand, '--json', '--offline', '--policy', 'policy.json', ...roots];
    const { exit, out } = await run([...argv, ...more], file);
    return { exit, ...(out === '' ? {} : JSON.parse(out)) };
  };
  const failed = ({ checks = [] }: { checks?: { id: string; outcome: string }[] }) =>
    checks.filter(({ outcome }) => outcome === 'fail').map(({ id }) => id);

  it('takes a server whose certificate carries evidence about its key', async () => {
    const result = await judged(text(box.address));
    expect(result).toMatchObject({ exit: 0, verdict: 'accept' });
    expect(result.certificate).toMatchObject({ carriesEvidence: true });
    expect(box.received()).toBe(0);
  });

  it('and the same in a file', async () => {
    const file = await leaf(key, bundleFor(key));
    expect(await judged('leaf.pem', [], file)).toMatchObject({ exit: 0, verdict: 'accept' });
  });

  it('says in words what it is, and how old it may be', async () => {
    const { out, exit } = await run(['tls', text(box.address), '--offline', ...roots]);
    expect(exit).toBe(0);
    expect(out).toMatch(/key \(SPKI SHA-256\) {2}[0-9a-f]{64}/);
    expect(out).toContain('made after 2026-');
  });

  it('of a certificate without evidence nothing is shown', async () => {
    expect(await judged(text(fraud.address))).toMatchObject({ exit: 2, verdict: 'indeterminate' });
  });

  it.each<[string, () => Promise<string>, string]>([
    ['for another key', () => leaf(stranger, bundleFor(key)), 'bundle.nonce'],
    [
      'about a key that its keyset does not list',
      () => leaf(stranger, bundleFor(stranger)),
      'tls.certificate.key',
    ],
    ['for another purpose', () => leaf(key, bundleFor(key, 'client')), 'bundle.purpose'],
    [
      'with another keyset in it',
      () =>
        leaf(
          key,
          edited(bundleFor(key), (document) => {
            const binding = document['binding'] as Record<string, string>;
            const keyset = Buffer.from(binding['keyset'] ?? '', 'base64').toString();
            const other = Buffer.from(keyset.replace('stand-in', 'stand-out'));
            const { possession: _, ...rest } = binding;
            return { ...document, binding: { ...rest, keyset: other.toString('base64') } };
          }),
        ),
      'bundle.binding.report_data',
    ],
    ['that is no bundle', () => leaf(key, new TextEncoder().encode('{}')), 'bundle.format'],
  ])('refuses evidence %s', async (_, made, id) => {
    const result = await judged('leaf.pem', [], await made());
    expect(result).toMatchObject({ exit: 1, verdict: 'reject' });
    expect(failed(result)).toContain(id);
  });

  it('and evidence whose keyset is over', async () => {
    const file = await leaf(key, bundleFor(key));
    const result = await judged('leaf.pem', ['--at', '2026-12-31T00:00:00Z'], file);
    expect(result.exit).toBe(1);
    expect(failed(result)).toContain('bundle.keyset.validity');
  });

  it.each([
    ['nobody', '127.0.0.1:1', 69],
    ['a file that is not there', 'nowhere.pem', 69],
  ])('ends with its own code for %s', async (_, operand, code) => {
    expect((await run(['tls', operand])).exit).toBe(code);
  });

  it('calls nobody verified who was not even reached', async () => {
    const { out, err } = await run(['tls', '127.0.0.1:1', '--json']);
    expect(err).not.toContain('verified');
    expect(JSON.parse(out)).toMatchObject({
      error: {
        code: 'unreachable',
        at: '127.0.0.1:1',
        detail: expect.stringContaining('ECONNREFUSED'),
      },
    });
  });

  it('says what is wanted where a name of a host stands alone', async () => {
    expect((await run(['tls', 'llm.example'])).err).toContain('want a file or a server, host:port');
  });

  it('takes no option that would go unheard', async () => {
    expect((await run(['tls', text(box.address), '--prove-session'])).exit).toBe(64);
  });
});

describe('postern tls with a gateway', () => {
  it('verifies a machine now, whose key the server has to have', async () => {
    const { exit, out } = await run([
      ...['tls', text(box.address), '--json', '--prove-session', ...cli.flags],
    ]);
    expect(exit).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ verdict: 'accept', node: NODE, sessionProven: true });
  });

  it('finds a node where its gateway says', async () => {
    cli.bed.machine.services = { tls: text(box.address) };
    const { exit, out } = await run(['tls', NODE, ...cli.flags]);
    expect(out).toContain(`${text(box.address)} is ${NODE}`);
    expect(exit).toBe(0);
    cli.bed.machine.services = {};
  });

  it('refuses a server with another key', async () => {
    const { exit, err } = await run(['tls', text(fraud.address), ...cli.flags]);
    expect(exit).toBe(1);
    expect(err).toContain('connect.key');
  });

  it('wants a pool, and a node by its id', async () => {
    expect((await run(['tls', NODE, ...without(cli.flags, '--pool')])).exit).toBe(64);
    expect((await run(['tls', 'somebody', ...cli.flags])).exit).toBe(64);
  });
});

it('postern inspect reads the evidence in a certificate', async () => {
  const { out } = await run(['inspect', 'leaf.pem', '--json'], await leaf(key, bundleFor(key)));
  const [certificate] = JSON.parse(out).claims.certificates;
  expect(certificate.evidence).toMatchObject({ cpu: 'tdx', recipe: 'postern-v1' });
});
