import { describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../../src/core/bytes/text.ts';
import { concatBytes } from '../../src/core/bytes/writer.ts';
import { toBase64 } from '../../src/core/encoding/base64.ts';
import { simulateBundle } from '../../src/simulator/bundle/simulate.ts';
import { caName } from '../../src/simulator/nvidia/certificates.ts';
import { opaque } from '../../src/simulator/nvidia/faults/edits.ts';
import { setAttribute, vbios } from '../../src/simulator/nvidia/faults/rim-edits.ts';
import type { NvidiaPlan } from '../../src/simulator/nvidia/plan.ts';
import { simulateNvidia } from '../../src/simulator/nvidia/simulate.ts';
import { gpu, jwks, KEY, statement } from '../support/nras.ts';
import { bundleFilesOf, honestSmall, smallFiles, VERIFY_BUNDLE } from './bundle-files.ts';
import { type Files, postern } from './fake-io.ts';
import { EVIL, EVIL_ASCII, EVIL_PRINTABLE, everyOutput, expectTame } from './hostile-output.ts';
import { NVIDIA_ROOT_OPTIONS, nvidiaFiles, nvidiaFilesOf, VERIFY_NVIDIA } from './nvidia-files.ts';
import { TWO_DEVICES } from './nvidia-formats.ts';

type Edits = readonly (readonly [string, (plan: NvidiaPlan) => void])[];

/** Text with a NUL behind it, as the device writes it. */
const text = (value: string) => () => concatBytes(utf8(value), Uint8Array.of(0));

const FIELDS: Edits = [EVIL, EVIL_ASCII, EVIL_PRINTABLE].flatMap((value, i) => [
  [`the driver’s version, ${i}`, opaque('DRIVER_VERSION', text(value))],
  [`the project, ${i}`, opaque('PROJECT', text(value))],
  [`the chip, ${i}`, opaque('CHIP_INFO', text(value))],
  [`a field that nobody knows, ${i}`, opaque(40, text(value))],
]);

const named = (...names: readonly string[]) =>
  function edit({ certificates }: NvidiaPlan) {
    for (const name of names) {
      const one = certificates[name];
      if (one === undefined) throw new RangeError(name);
      one.subject = caName(EVIL);
    }
  };

const NAMES: Edits = [
  ['a leaf’s name', named('leaf')],
  ['a BROM’s name', named('brom')],
  ['an intermediate’s name', named('provisioner', 'identity')],
  ['the root’s name', named('root')],
  ['the names of manifests’ signers', named('driverSigner', 'vbiosSigner', 'rimL3', 'rimCa')],
];

const MANIFESTS: Edits = [EVIL, EVIL_ASCII, EVIL_PRINTABLE].flatMap((value, i) => [
  [`a manifest’s product, ${i}`, vbios({ product: value })],
  [`its version, ${i}`, vbios({ version: value })],
  [`its edition, ${i}`, vbios({ edition: value })],
  [`its name, ${i}`, vbios({ edit: (root) => setAttribute(root, 'name', value) })],
  [
    `a member that nobody knows, ${i}`,
    vbios({ edit: (root) => setAttribute(root, 'trust', value) }),
  ],
  [`text around it, ${i}`, vbios({ afterWriting: (xml) => `${xml}${value}` })],
]);

const withoutRoots = ['verify', 'nvidia', 'report', '--chain', 'chain', '--offline'];

describe('nothing reaches the terminal raw from', () => {
  it.each([...FIELDS, ...NAMES, ...MANIFESTS])('%s', async (_, edit) => {
    const files = nvidiaFilesOf(simulateNvidia({ edit }));
    // Without a root to believe, the names in the chain are told.
    expectTame(await everyOutput(files, VERIFY_NVIDIA, withoutRoots));
  });

  it('a name, which is shown all the same', async () => {
    const files = nvidiaFilesOf(simulateNvidia({ edit: named('leaf', 'brom') }));
    const { out } = await postern([...VERIFY_NVIDIA, '--claims'], files);
    expect(out).toContain('x\\x1b[2J\\x1b]0;mine\\x07\\x9b1A\\x0d\\x0aACCEPT\\u2028\\u202e');
  });

  it.each(['report', 'chain', 'rim-0', 'ocsp-0', 'root.der', 'rim-root.der'])(
    'text in place of %s',
    async (name) => {
      for (const value of [EVIL, EVIL_ASCII, `-----BEGIN CERTIFICATE-----${EVIL}`, `<a>${EVIL}`]) {
        const argv = [...VERIFY_NVIDIA, '--ocsp', 'ocsp-0'];
        expectTame(await everyOutput({ ...nvidiaFiles, [name]: value }, argv));
      }
    },
  );

  it.each([
    ['names of members', (row: object): object => ({ ...row, [EVIL]: EVIL })],
    ['a report', (row: object): object => ({ ...row, evidence: EVIL })],
    ['a chain', (row: object): object => ({ ...row, certificate: `-----BEGIN${EVIL}` })],
    [
      'what nobody signed',
      (row: object): object => ({ ...row, arch: EVIL, uuid: EVIL, nonce: EVIL }),
    ],
    [
      'a report under two names',
      (row: object): object => ({ ...row, evidence: 1, attestation_report: EVIL }),
    ],
  ])('evidence JSON: %s', async (_, change) => {
    const rows: object[] = JSON.parse(fromUtf8(TWO_DEVICES, 'devices'));
    const files = { ...nvidiaFiles, 'evidence.json': JSON.stringify(rows.map(change)) };
    expectTame(
      await everyOutput(files, ['verify', 'nvidia', 'evidence.json', ...NVIDIA_ROOT_OPTIONS]),
    );
  });

  it.each([
    ['no JSON', EVIL],
    ['a name of a device', statement({ devices: { [EVIL]: gpu('1') } })],
    ['an issuer', statement({ overall: { iss: EVIL } })],
    ['a result', statement({ overall: { 'x-nvidia-overall-att-result': EVIL } })],
    ['a nonce', statement({ overall: { eat_nonce: EVIL } })],
    [
      'a device’s claims',
      statement({ devices: { 'GPU-0': gpu(EVIL, { hwmodel: EVIL, [EVIL]: { [EVIL]: [EVIL] } }) } }),
    ],
    ['a header', statement({ overallToken: { header: { kid: EVIL, alg: EVIL, [EVIL]: 1 } } })],
    ['digests', statement({ submods: (made) => ({ ...made, [EVIL]: [EVIL, EVIL] }) })],
    ['a label', statement({ label: EVIL })],
  ])('a statement of the service: %s', async (_, eat) => {
    const files: Files = { ...nvidiaFiles, eat, jwks: jwks(KEY.jwk) };
    const argv = [...VERIFY_NVIDIA, '--nras', 'eat'];
    expectTame(await everyOutput(files, argv, [...argv, '--jwks', 'jwks']));
  });

  it.each([
    ['no JSON', utf8(EVIL)],
    ['a member', utf8(JSON.stringify({ [EVIL]: EVIL }))],
    ['a key id', jwks({ ...KEY.jwk, kid: EVIL })],
    ['a key id, twice', jwks({ ...KEY.jwk, kid: EVIL }, { ...KEY.jwk, kid: EVIL })],
    ['a curve', jwks({ ...KEY.jwk, crv: EVIL })],
    ['a certificate', jwks({ ...KEY.jwk, x5c: [EVIL] })],
  ])('its keys: %s', async (_, keys) => {
    const eat = statement();
    const argv = [...VERIFY_NVIDIA, '--nras', 'eat', '--jwks', 'jwks'];
    expectTame(await everyOutput({ ...nvidiaFiles, eat, jwks: keys }, argv));
  });

  it.each([
    ['no JSON', () => EVIL],
    ['a member that nobody knows', (made: object) => ({ ...made, [EVIL]: EVIL })],
    ['a recipe', (made: object) => ({ ...made, binding: { recipe: EVIL } })],
    [
      'a purpose',
      (made: { binding?: object }) => ({ ...made, binding: { ...made.binding, purpose: EVIL } }),
    ],
    [
      'a member of the binding',
      (made: { binding?: object }) => ({ ...made, binding: { ...made.binding, [EVIL]: EVIL } }),
    ],
    [
      'a keyset',
      (made: { binding?: object }) => ({
        ...made,
        binding: { ...made.binding, keyset: toBase64(utf8(EVIL)) },
      }),
    ],
    ['a kind of CPU', (made: object) => ({ ...made, cpu: { kind: EVIL } })],
    ['no base64', (made: object) => ({ ...made, devices: EVIL })],
    ['an endorsement', (made: object) => ({ ...made, endorsements: { [EVIL]: EVIL } })],
    [
      'a statement',
      (made: object) => ({ ...made, statements: { nras: [{ eat: toBase64(utf8(EVIL)) }] } }),
    ],
  ] as const)('a bundle: %s', async (_, change) => {
    const made = JSON.parse(fromUtf8(honestSmall.bundle, 'bundle'));
    const changed = change(made);
    const bundle = typeof changed === 'string' ? changed : JSON.stringify(changed);
    expectTame(await everyOutput({ ...smallFiles, bundle }, VERIFY_BUNDLE));
  });

  it('a keyset’s own words, bound as they are', async () => {
    const made = await simulateBundle({
      fault: 'bundle_snp',
      edit: (plan) => {
        const keyset = JSON.parse(fromUtf8(plan.keyset, 'keyset'));
        plan.keyset = utf8(JSON.stringify({ ...keyset, deployment: EVIL }));
        plan.purpose = EVIL_PRINTABLE;
      },
    });
    expectTame(await everyOutput(bundleFilesOf(made), VERIFY_BUNDLE));
  });

  it.each([
    '--chain',
    '--rim',
    '--ocsp',
    '--nonce',
    '--device',
    '--gpus',
    '--switches',
    '--allow-opaque',
    '--trust-anchor',
    '--rim-trust-anchor',
    '--nras',
    '--at',
    '--rim-service',
    '--ocsp-service',
    '--rim-service-key-file',
  ])('the value of %s', async (option) => {
    const more = option === '--chain' ? [] : ['--chain', 'chain'];
    const argv = ['verify', 'nvidia', 'report', ...more, '--offline', `${option}=${EVIL}`];
    const { exit, out, err } = await postern(argv, nvidiaFiles);
    expect([64, 69]).toContain(exit);
    expectTame([out, err]);
    expect(err.split('\n')).toHaveLength(2);
  });

  it.each([EVIL, `https://${EVIL}`, `http://127.0.0.1/${EVIL}`, `evil://${EVIL}`])(
    'a bundle’s place, %j',
    async (place) => {
      const { exit, out, err } = await postern(['verify', 'bundle', place, '--offline'], {});
      expect([64, 69]).toContain(exit);
      expectTame([out, err]);
    },
  );

  it('a server’s answer', async () => {
    const fetch = async () =>
      new Response(EVIL, { status: 503, statusText: 'no', headers: { 'retry-after': 'x ACCEPT' } });
    const argv = ['verify', 'bundle', 'https://node.example/', '--offline'];
    const { exit, out, err } = await postern(argv, {}, { fetch });
    expect(exit).toBe(69);
    expectTame([out, err]);
  });
});

it('a forged verdict in a name stays inside its own line', async () => {
  const forged = 'x\n\nACCEPT  authentic · vendor anchors · revocation checked';
  const files = nvidiaFilesOf(
    simulateNvidia({
      edit: ({ certificates: { brom } }) => {
        brom.subject = caName(forged);
      },
    }),
  );
  const { out } = await postern([...VERIFY_NVIDIA, '--claims'], files);
  const verdicts = out.split('\n').filter((line) => /^(ACCEPT|REJECT|INDETERMINATE) /.test(line));
  expect(verdicts).toHaveLength(1);
  expect(verdicts[0]).toMatch(/^REJECT {2}.*· simulator anchors · revocation unchecked · at /);
});

it('JSON carries the same values as they were', async () => {
  const eat = statement({ overall: { iss: EVIL } });
  const { out } = await postern(['inspect', 'eat', '--json'], { eat });
  expect(JSON.parse(out).claims.issuer).toBe(EVIL);
});
