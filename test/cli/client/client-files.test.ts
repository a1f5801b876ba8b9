import { expect, it } from 'vitest';
import { CLIENT_OPTIONS, clientFiles } from '../../../src/cli/client/client-options.ts';
import { readClient } from '../../../src/cli/client/read-client.ts';
import type { Io } from '../../../src/cli/io.ts';
import { Args } from '../../../src/cli/verb.ts';

const LEDGER_KEY = 'log.example+0badc0de+AbCd';
const DIGEST = `sha256:${'ab'.repeat(32)}`;

/** What is asked of the disk on the way, whether or not a client comes of it. */
async function readOf(args: Args): Promise<readonly string[]> {
  const paths = new Set<string>();
  const io = {
    readFile: async (path: string) => {
      paths.add(path);
      return new TextEncoder().encode('0123456789abcdef');
    },
    env: () => '/nowhere',
  } as unknown as Io;
  await readClient(io, args).catch(() => undefined);
  return [...paths].toSorted();
}

const argsOf = (argv: readonly string[]) =>
  new Args(
    {
      name: 'a client',
      summary: '',
      operands: '',
      arity: { min: 0, max: 0 },
      options: CLIENT_OPTIONS,
      notes: [],
      run: async () => 0,
    },
    argv,
  );

it.each<[string, readonly string[], readonly string[]]>([
  ['a policy', ['--policy', 'p.yaml', '--ledger-key', LEDGER_KEY], ['p.yaml']],
  ['a policy by digest', ['--policy', DIGEST, '--ledger-key', 'k.txt'], ['k.txt']],
  [
    'signers',
    [
      '--policy-name',
      'n',
      '--least-revision',
      '1',
      '--signer',
      'a',
      '--signer',
      'b',
      '--ledger-unchecked',
    ],
    ['a', 'b'],
  ],
  [
    'a keyring',
    ['--policy-name', 'n', '--least-revision', '1', '--keyring', 'k', '--ledger-policy', 'l'],
    ['k', 'l'],
  ],
  ['an API key', ['--policy', DIGEST, '--ledger-unchecked', '--api-key-file', 'key'], ['key']],
])('all files that are read are known before: %s', async (_, argv, want) => {
  const args = argsOf(['--gateway', 'https://gate.example', '--pool', 'p', ...argv]);
  expect(await readOf(args)).toEqual(want);
  expect(clientFiles(args).toSorted()).toEqual(want);
});

it.each(['trust-anchor', 'amd-trust-anchor', 'nvidia-trust-anchor', 'rim-trust-anchor'])(
  'all files that are read are known before: --%s',
  async (option) => {
    const rest = ['--policy', DIGEST, '--ledger-unchecked', `--${option}`, 'root.der'];
    const args = argsOf(['--gateway', 'https://gate.example', ...rest]);
    expect(await readOf(args)).toEqual(['root.der']);
    expect(clientFiles(args)).toEqual(['root.der']);
  },
);

it('no other option of a client names a file that is read', () => {
  const files = Object.entries(CLIENT_OPTIONS).filter(([, { value = '' }]) =>
    /file|pem|der|json/.test(value),
  );
  expect(files.map(([name]) => name).toSorted()).toEqual(
    [
      ...['amd-trust-anchor', 'api-key-file', 'keyring', 'ledger-key', 'ledger-policy'],
      ...['nvidia-trust-anchor', 'policy', 'rim-trust-anchor', 'signer', 'trust-anchor'],
    ].toSorted(),
  );
});
