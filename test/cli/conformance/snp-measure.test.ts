import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Case, parseManifest } from '../../../src/cli/conformance/manifest.ts';
import type { Runner } from '../../../src/cli/conformance/runner.ts';
import { snpIdBlockRunner } from '../../../src/cli/conformance/snp-id-block.ts';
import { snpMeasureRunner } from '../../../src/cli/conformance/snp-measure.ts';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { toPem } from '../../../src/core/encoding/pem.ts';
import { hashKernel } from '../../../src/evidence/snp/measure/kernel-hashes.ts';
import { type LaunchInput, launchDigest } from '../../../src/evidence/snp/measure/launch-digest.ts';
import { firmwareOf, signerOf } from '../../evidence/snp/measure/build.ts';
import { hex } from '../../support/hex.ts';
import { vectorsFolder } from '../../support/vectors.ts';

const firmware = firmwareOf();
const launch: LaunchInput = {
  firmware,
  vmm: 'ec2',
  vcpus: 2,
  sevFeatures: 0x21n,
  kernel: hashKernel({ kernel: new Uint8Array(), cmdline: 'quiet' }),
};
const vector = {
  name: 'ours',
  vcpus: 2,
  vcpu_type: null,
  ovmf: 'a.fd',
  kernel: '/dev/null',
  initrd: '/dev/null',
  append: 'quiet',
  guest_features: '0x21',
  vmm: 'ec2',
  ovmf_hash: null,
  expected: toHex(launchDigest(launch)),
};

/** A case of these files, run over their contents. */
/** What only cases of NVIDIA’s have. */
const NO_OTHERS = {
  rimAnchors: async () => undefined,
  files: {},
  read: async () => new Uint8Array(),
};

function run(runner: Runner, contents: Readonly<Record<string, Uint8Array | string>>) {
  const roles = { vectors: 'x/v.json', ovmfAmdSev: 'x/a.fd', ovmfX64: 'x/b.fd' };
  const testCase: Case = {
    id: 'case',
    files: roles,
    at: null,
    trust: 'none',
    trustFile: undefined,
    rimTrustFile: undefined,
    expect: {
      verdict: 'per-vector',
      authentic: undefined,
      scope: undefined,
      level: undefined,
      fields: {},
      nonce: undefined,
      tcb: {},
      failed: undefined,
      unresolved: undefined,
    },
  };
  return runner.run(testCase, {
    has: (role) => role in contents,
    file: async (role) => {
      const content = contents[role] ?? '';
      return typeof content === 'string' ? utf8(content) : content;
    },
    anchors: async () => [],
    ...NO_OTHERS,
  });
}

function measured(...vectors: readonly object[]) {
  const text = JSON.stringify(vectors);
  return run(snpMeasureRunner, { vectors: text, ovmfAmdSev: firmware, ovmfX64: firmware });
}

describe('launch digests', () => {
  it('accepts when every vector gives its digest', async () => {
    const { verdict, checks, claims } = await measured(vector, { ...vector, ovmf: 'b.fd' });
    expect([verdict, checks.length, claims]).toEqual(['accept', 2, { vectors: 2 }]);
  });

  it('names the vector that does not', async () => {
    const wrong = { ...vector, name: 'theirs', vcpus: 3 };
    const { verdict, checks } = await measured(vector, wrong, vector);
    expect(verdict).toBe('reject');
    expect(checks.map(({ outcome }) => outcome)).toEqual(['pass', 'fail', 'pass']);
    const want = `theirs: ${vector.expected}`;
    const got = toHex(launchDigest({ ...launch, vcpus: 3 }));
    expect(checks[1]).toMatchObject({ id: 'snp.measure.vector', want, got });
  });

  it('accepts nothing on no vector', async () => {
    expect((await measured()).verdict).toBe('indeterminate');
  });

  it.each([
    { name: 'another image', wrong: { ovmf: 'c.fd' }, path: 'vectors[0].ovmf' },
    { name: 'another VMM', wrong: { vmm: 'xen' }, path: 'vectors[0].vmm' },
    { name: 'a kernel that is not there', wrong: { kernel: 'bzImage' }, path: 'vectors[0].kernel' },
    {
      name: 'features in words',
      wrong: { guest_features: 'all' },
      path: 'vectors[0].guest_features',
    },
    { name: 'an unknown type', wrong: { vcpu_type: 'Skylake' }, path: 'measure.vcpu_type' },
  ])('fails for $name', async ({ wrong, path }) => {
    const { verdict, checks } = await measured({ ...vector, ...wrong });
    expect(verdict).toBe('reject');
    expect(checks).toMatchObject([{ outcome: 'fail', path }]);
  });
});

/** SubjectPublicKeyInfo of a P-384 point. */
function publicPem(point: Uint8Array): string {
  const prefix = hex('3076301006072a8648ce3d020106052b8104002203620004');
  return toPem(Uint8Array.of(...prefix, ...point), 'PUBLIC KEY');
}

it('an ID block whose digests are others is rejected', async () => {
  const [idKey, authorKey] = [signerOf('id'), signerOf('author')].map(({ publicKey }) =>
    publicPem(publicKey),
  ) as [string, string];
  const zeros = '00'.repeat(48);
  const text = { launchDigest: zeros, idBlock: zeros, idKeyDigest: zeros, authorKeyDigest: zeros };
  const { verdict, checks, claims } = await run(snpIdBlockRunner, {
    vector: JSON.stringify(text),
    idKey,
    authorKey,
  });
  expect([verdict, checks.map(({ outcome }) => outcome)]).toEqual([
    'reject',
    ['fail', 'fail', 'fail'],
  ]);
  expect(claims['idBlock']).toBe(`${'00'.repeat(80)}01000000000000000000030000000000`);
});

const folder = vectorsFolder('snp');

describe.skipIf(folder === undefined)('the published cases', () => {
  it.each([
    { id: 'measurement/launch-digest', runner: snpMeasureRunner },
    { id: 'measurement/id-block', runner: snpIdBlockRunner },
  ])('$id', async ({ id, runner }) => {
    const manifest = parseManifest(await readFile(join(folder ?? '', 'manifest.json')));
    const testCase = manifest.find((each) => each.id === id) as Case;
    expect(Object.keys(testCase.files)).toEqual(runner.reads);
    const { verdict, claims } = await runner.run(testCase, {
      has: (role) => role in testCase.files,
      file: (role) => readFile(join(folder ?? '', String(testCase.files[role]))),
      anchors: async () => [],
      ...NO_OTHERS,
    });
    expect(verdict).toBe('accept');
    expect(claims).toMatchObject(testCase.expect.fields);
  });
});
