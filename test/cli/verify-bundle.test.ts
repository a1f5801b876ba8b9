import { describe, expect, it } from 'vitest';
import { sha384 } from '#crypto';
import { BUNDLE_LIMITS } from '../../src/appraisal/bundle/format.ts';
import { toHex } from '../../src/core/bytes/hex.ts';
import { fromUtf8, utf8 } from '../../src/core/bytes/text.ts';
import { concatBytes } from '../../src/core/bytes/writer.ts';
import { toBase64 } from '../../src/core/encoding/base64.ts';
import type { EvidenceKind } from '../../src/evidence/verification.ts';
import { BUNDLE_FAULTS, type BundleFaultName } from '../../src/simulator/bundle/faults.ts';
import { simulateBundle } from '../../src/simulator/bundle/simulate.ts';
import { statement } from '../support/nras.ts';
import {
  bundleFiles,
  bundleFilesOf,
  honestBundle,
  honestSmall,
  smallFiles,
  VERIFY_BUNDLE,
} from './bundle-files.ts';
import { expectErrorJson } from './design-json.ts';
import { type Files, honest as honestTdx, jsonOf, postern, UNSAFE } from './fake-io.ts';
import { NODE_KINDS, nvidiaUsageOf as usageOf } from './nvidia-files.ts';
import { answerOf, checkOf } from './snp-files.ts';

const SMALL_KINDS: readonly EvidenceKind[] = ['snp', 'nvidia-gpu', 'nvidia-gpu'];

/** One command line over a small bundle, in JSON. */
async function verified(
  options: readonly string[] = [],
  files: Files = smallFiles,
  kinds: readonly EvidenceKind[] = SMALL_KINDS,
) {
  const ran = await postern([...VERIFY_BUNDLE, '--json', ...options], files);
  return { ...answerOf(ran, 'bundle', ...kinds), err: ran.err };
}

const aloneFiles = bundleFilesOf(await simulateBundle({ fault: 'bundle_cpu_alone' }));

/** The small bundle with members of its document changed; nothing is signed anew. */
function edited(change: (document: Record<string, unknown>) => object): Files {
  const document = JSON.parse(fromUtf8(honestSmall.bundle, 'bundle'));
  return { ...smallFiles, bundle: JSON.stringify(change(document)) };
}

describe('an honest bundle', () => {
  it('is accepted: CPU, eight GPUs, four switches, each a part', async () => {
    const answer = await verified([], bundleFiles, ['tdx', ...NODE_KINDS]);
    expect(answer).toMatchObject({
      exit: 0,
      err: '',
      verdict: 'accept',
      authentic: true,
      anchors: 'simulator',
      revocation: 'unchecked',
      at: '2026-06-01T00:00:00Z',
      tcb: { status: 'UpToDate' },
      failed: [],
      unresolved: [],
      claims: {
        recipe: 'postern-v1',
        gpus: 8,
        switches: 4,
        freshness: 'not-proven',
        model: 'not-proven',
        locality: 'not-proven',
      },
    });
    expect(answer.parts?.map(({ verdict }) => verdict)).toEqual(Array(13).fill('accept'));
  });

  it('of SEV-SNP is accepted too', async () => {
    expect(await verified()).toMatchObject({ exit: 0, err: '', authentic: true, failed: [] });
  });

  it('tells a client what is not proven', async () => {
    const { exit, out, err } = await postern(VERIFY_BUNDLE, smallFiles);
    expect([exit, err]).toEqual([0, '']);
    const notes = out.split('\n').filter((line) => line.startsWith('note  '));
    // What is known of the TCB beside, as verify snp has it.
    expect(notes.splice(5).join('\n')).toContain('AMD-SB-');
    expect(notes).toEqual([
      'note  recipe postern-v1, which binds purpose, keyset, device-evidence',
      `note  keyset ${toHex(sha384(honestSmall.plan.keyset))}`,
      'note  keyset valid from 2026-05-31T00:00:00Z to 2026-06-02T00:00:00Z, keys: ohttp (id 1), tls (node.example), ssh-host (ssh-ed25519), receipt (ed25519)',
      'note  revocation: snp unchecked, 2 devices not asked (no OCSP)',
      'note  not proven: freshness, model, locality',
    ]);
    expect(out).not.toMatch(UNSAFE);
  });

  it('may be asked for everything, and is fresh then', async () => {
    const { nonce, purpose, keyset } = honestSmall.plan;
    const answer = await verified([
      ...['--nonce', toHex(nonce), '--purpose', purpose, '--recipe', 'postern-v1'],
      ...['--keyset-sha384', toHex(sha384(keyset)), '--gpus', '2', '--switches', '0'],
    ]);
    expect(answer).toMatchObject({ exit: 0, claims: { freshness: 'challenged' } });
    const asked = ['bundle.nonce', 'bundle.purpose', 'bundle.recipe', 'bundle.keyset'];
    for (const id of [...asked, 'nvidia.topology.count']) {
      expect(checkOf(answer, id)?.outcome).toBe('pass');
    }
  });

  it('may come on standard input', async () => {
    const argv = VERIFY_BUNDLE.with(2, '-');
    const ran = await postern(argv, { ...smallFiles, '-': honestSmall.bundle });
    expect(ran.exit).toBe(0);
  });

  it('under the vendors’ own roots is a forgery in every part', async () => {
    const argv = ['verify', 'bundle', 'bundle', '--offline', '--json'];
    const answer = answerOf(await postern(argv, smallFiles), 'bundle', ...SMALL_KINDS);
    expect(answer).toMatchObject({ exit: 1, verdict: 'reject', authentic: false });
    expect(answer.parts?.map(({ verdict }) => verdict)).toEqual(['reject', 'reject', 'reject']);
  });

  it.each([
    ['--trust-anchor', 'root.der', 'tdx'],
    ['--nvidia-trust-anchor', 'nvidia.der', 'nvidia-gpu'],
    ['--rim-trust-anchor', 'rim.der', 'nvidia-gpu'],
  ])('%s is asked about its own part alone', async (option, root, kind) => {
    const made = await simulateBundle({ fault: 'bundle_weights' });
    const argv = VERIFY_BUNDLE.filter((word) => word !== option && word !== root);
    const ran = await postern([...argv, '--json'], bundleFilesOf(made));
    const kinds: readonly EvidenceKind[] = ['tdx', 'nvidia-gpu', 'nvidia-gpu'];
    const { exit, parts = [] } = answerOf(ran, 'bundle', ...kinds);
    expect(exit).toBe(1);
    const rejected = kinds.filter((_, i) => parts[i]?.verdict === 'reject');
    expect(rejected).toEqual(kinds.filter((one) => one === kind));
  });
});

const { not_json: _, ...READABLE } = BUNDLE_FAULTS;

describe('what is wrong with a bundle', () => {
  it.each(Object.keys(READABLE) as BundleFaultName[])('%s is rejected for it', async (fault) => {
    const made = await simulateBundle({ fault });
    const { nonce, purpose, keysetSha384, recipes, devices } = made.questions;
    const ran = await postern(
      [
        ...[...VERIFY_BUNDLE, '--json'],
        ...(nonce ? ['--nonce', toHex(nonce)] : []),
        ...(purpose === undefined ? [] : ['--purpose', purpose]),
        ...(keysetSha384 ? ['--keyset-sha384', toHex(keysetSha384)] : []),
        ...(recipes ?? []).flatMap((name) => ['--recipe', name]),
        ...(devices?.gpu === undefined ? [] : ['--gpus', `${devices.gpu}`]),
      ],
      bundleFilesOf(made),
    );
    const json = jsonOf(ran);
    const parts = json['parts'] as { evidence: EvidenceKind }[];
    const answer = answerOf(ran, 'bundle', ...parts.map(({ evidence }) => evidence));
    expect(answer).toMatchObject({ exit: 1, verdict: 'reject' });
    expect(answer.failed).toEqual(BUNDLE_FAULTS[fault as keyof typeof BUNDLE_FAULTS].fails);
  });

  it.each([
    ['an empty file', ''],
    ['text', 'this is my bundle'],
    ['zeros', new Uint8Array(4096)],
    ['half of it', honestSmall.bundle.subarray(0, honestSmall.bundle.length >> 1)],
    ['it with a byte behind', concatBytes(honestSmall.bundle, utf8('x'))],
    ['it in base64', toBase64(honestSmall.bundle)],
    ['an empty object', '{}'],
    ['a list', '[]'],
    ['another version', edited((document) => ({ ...document, v: 2 }))['bundle'] ?? ''],
  ])('%s is no bundle', async (_, bundle) => {
    const answer = await verified([], { ...smallFiles, bundle }, []);
    expect(answer).toMatchObject({ exit: 1, authentic: false, failed: ['bundle.format'] });
  });

  it.each([
    ['a quote', honestTdx.quote, 'TDX quote'],
    ['a statement', statement(), 'NRAS token (detached EAT)'],
  ])('%s is named for what it is', async (_, bundle, name) => {
    const { exit, out } = await postern(VERIFY_BUNDLE, { ...smallFiles, bundle });
    expect(exit).toBe(1);
    expect(out).toContain(`\nnote  the file is of another kind: ${name} (see postern inspect)\n`);
  });

  it('one without a CPU is told that there is none', async () => {
    const { checks } = await verified(
      [],
      edited(({ cpu, ...document }) => document),
      ['nvidia-gpu', 'nvidia-gpu'],
    );
    expect(checks.find(({ id }) => id === 'bundle.binding.report_data')).toMatchObject({
      outcome: 'unresolved',
      because: 'there is no evidence of a CPU',
    });
  });

  it('device evidence that can’t be read is rejected, and nothing is asked for', async () => {
    const broken = edited((document) => ({ ...document, devices: toBase64(utf8('[{')) }));
    const answer = await verified([], broken, ['snp']);
    expect(answer).toMatchObject({ exit: 1, err: '' });
    expect(answer.failed).toEqual(['bundle.binding.report_data', 'nvidia.topology.format']);
  });

  it('a statement that came along and is rejected rejects the whole', async () => {
    const nras = [{ eat: toBase64(utf8('[]')) }];
    const spoken = edited((document) => ({ ...document, statements: { nras } }));
    const answer = await verified([], spoken, [...SMALL_KINDS, 'nras']);
    expect(answer).toMatchObject({ exit: 1, failed: ['nvidia.topology.statement'] });
  });

  it('without endorsements is open, and authentic as far as they are not needed', async () => {
    const bare = edited(({ endorsements: _, ...document }) => document);
    const answer = await verified([], bare);
    expect(answer).toMatchObject({ exit: 2, verdict: 'indeterminate', failed: [] });
  });
});

describe('endorsements named on the command line', () => {
  const bare = edited(({ endorsements: _, ...document }) => document);
  const carried = JSON.parse(fromUtf8(honestSmall.bundle, 'bundle')).endorsements;
  const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));
  const rims = (carried.nvidia_rims as string[]).map(bytes);

  it('serve where the bundle brings none', async () => {
    const files = {
      ...bare,
      vek: bytes(carried.snp_vek),
      ...Object.fromEntries(rims.map((xml, i) => [`rim-${i}`, xml])),
    };
    const named = ['--vek', 'vek', ...rims.flatMap((_, i) => ['--rim', `rim-${i}`])];
    const answer = await verified(named, files);
    // AMD's intermediate has no option of its own here.
    expect(answer.parts?.map(({ verdict }) => verdict)).toEqual([
      'indeterminate',
      'accept',
      'accept',
    ]);
  });

  it('--require-ocsp and --require-crl leave it open without them', async () => {
    for (const option of ['--require-ocsp', '--require-crl']) {
      expect(await verified([option])).toMatchObject({ exit: 2, failed: [] });
    }
  });
});

describe('options', () => {
  it.each([
    [['--nonce', 'ab'.repeat(31)], '--nonce: want exactly 32 bytes of hex, got 31'],
    [['--keyset-sha384', 'ab'], '--keyset-sha384: want exactly 48 bytes of hex, got 1'],
    [['--device-nonce', 'x'], '--device-nonce: want exactly 32 bytes of hex'],
    [['--recipe', 'mine'], '--recipe: want postern-v1, chutes-validator, '],
    [['--at', 'rim'], '--at: want a time like 2026-01-31T00:00:00Z, got "rim"'],
    [['--gpus', '-1'], 'verify bundle: --gpus wants a value, got -1'],
    [['other'], 'verify bundle: want <file|url>, got 2 operands'],
  ])('%j is a question of usage', async (options, says) => {
    const said = await usageOf([...VERIFY_BUNDLE, ...options], smallFiles);
    expect(said).toContain(`postern: ${says}`);
  });

  it.each([
    ['--nonce', '00'.repeat(32), 'bundle.nonce'],
    ['--purpose', 'admission', 'bundle.purpose'],
    ['--keyset-sha384', '00'.repeat(48), 'bundle.keyset'],
    ['--recipe', 'tinfoil-v3', 'bundle.recipe'],
    ['--gpus', '8', 'nvidia.topology.count'],
  ])('%s %s: another than is there', async (option, value, id) => {
    const answer = await verified([option, value]);
    expect(answer).toMatchObject({ exit: 1, failed: [id] });
  });

  it.each(['bundle', 'root.der', 'amd.der', 'nvidia.der', 'rim.der'])(
    '%s that is no file: no answer at all',
    async (gone) => {
      const rest = Object.entries(smallFiles).filter(([name]) => name !== gone);
      const ran = await postern([...VERIFY_BUNDLE, '--json'], Object.fromEntries(rest));
      expect([ran.exit, ran.err]).toEqual([69, `postern: ${gone}: can’t be read (ENOENT)\n`]);
      expectErrorJson(jsonOf(ran), 'unreachable');
    },
  );
});

describe('Intel’s endorsements in a file', () => {
  const { endorsements, ...bare } = JSON.parse(fromUtf8(honestBundle.bundle, 'bundle'));
  const { tdx_collateral: collateral, ...rest } = endorsements;
  const files = {
    ...bundleFiles,
    bundle: JSON.stringify({ ...bare, endorsements: rest }),
    'collateral.json': Buffer.from(collateral, 'base64'),
  };
  const named = [...VERIFY_BUNDLE, '--collateral', 'collateral.json'];

  it('leave devices to folder and --offline', async () => {
    expect((await postern(VERIFY_BUNDLE, files)).exit).toBe(2);
    expect((await postern(named, files)).exit).toBe(0);
    expect((await postern([...named, '--endorsements', '/nowhere'], files)).exit).toBe(0);
  });

  it('leave nothing to ask Intel for', async () => {
    const { exit, err } = await postern([...named, '--update', 'early'], files);
    expect([exit, err]).toEqual([64, 'postern: --collateral and --update exclude each other\n']);
  });
});

describe('an option about a piece that is not there is refused, and no file of it is read', () => {
  it.each([
    ['TDX', bundleFiles, ['--vek', 'gone'], '--vek is about an SEV-SNP report'],
    ['TDX', bundleFiles, ['--min-tcb', 'snp=1'], '--min-tcb is about an SEV-SNP report'],
    ['no statement', bundleFiles, ['--jwks', 'gone'], '--jwks is about statements of NVIDIA’s'],
    ['SNP', smallFiles, ['--collateral', 'gone'], '--collateral is about a TDX quote'],
    [
      'SNP',
      smallFiles,
      ['--min-tcb-evaluation-data-number', '1'],
      '--min-tcb-evaluation-data-number is about a TDX quote',
    ],
    ['no device', aloneFiles, ['--rim', 'gone'], '--rim is about devices'],
    ['no device', aloneFiles, ['--allow-rim-hold'], '--allow-rim-hold is about devices'],
    ['no device', aloneFiles, ['--require-ocsp'], '--require-ocsp is about an SEV-SNP report or'],
  ] as const)('%s: %#', async (_name, files, options, says) => {
    const said = await usageOf([...VERIFY_BUNDLE, ...options], files);
    expect(said).toMatch(new RegExp(`^postern: ${says}.*: this bundle has none\n$`));
  });
});

describe('what is asked of the CPU besides', () => {
  it('a floor under an SEV-SNP TCB', async () => {
    expect(await verified(['--min-tcb', 'snp=0'])).toMatchObject({ exit: 0 });
    const answer = await verified(['--min-tcb', 'snp=255']);
    expect(answer).toMatchObject({ exit: 1, authentic: true });
    expect(JSON.stringify(answer.parts)).toContain('"snp.tcb.minimum"');
  });

  it('a floor under Intel’s evaluation', async () => {
    const kinds: readonly EvidenceKind[] = ['tdx', ...NODE_KINDS];
    const floor = (number: string) =>
      verified(['--min-tcb-evaluation-data-number', number], bundleFiles, kinds);
    expect(await floor('1')).toMatchObject({ exit: 0 });
    expect(await floor('9999')).toMatchObject({ exit: 1 });
  });
});

describe('a URL', () => {
  type Fetch = typeof globalThis.fetch;

  /** Serves what is given, and remembers what it was asked. */
  function server(body: Uint8Array | string, status = 200) {
    const asked: { url: string; redirect: unknown }[] = [];
    const fetch: Fetch = async (url, init) => {
      asked.push({ url: String(url), redirect: init?.redirect });
      return new Response(new Uint8Array(typeof body === 'string' ? utf8(body) : body), { status });
    };
    return { asked, fetch };
  }

  const at = (url: string) => ['verify', 'bundle', url, ...VERIFY_BUNDLE.slice(3)];

  it.each([
    'https://node.example/bundle',
    'HTTPS://node.example:8443/v1/bundle?nonce=00&purpose=client',
    'http://127.0.0.1:8080/bundle',
    'http://[::1]/bundle',
    'http://localhost/bundle',
  ])('%s is asked once, and no redirect followed', async (url) => {
    const { asked, fetch } = server(honestSmall.bundle);
    const { exit, err } = await postern(at(url), smallFiles, { fetch });
    expect([exit, err]).toEqual([0, '']);
    expect(asked).toEqual([{ url: new URL(url).href, redirect: 'error' }]);
  });

  it.each([
    ['http://node.example/bundle', 'plain http is for loopback and private networks only'],
    ['http://127.0.0.1.node.example/', 'plain http is for loopback and private networks only'],
    ['http://8.8.8.8/bundle', 'plain http is for loopback and private networks only'],
    ['https://me:secret@node.example/', 'no credentials may be in the URL'],
    ['http://secret@127.0.0.1/', 'no credentials may be in the URL'],
    ['file:///etc/passwd', 'want a file or an https URL, got file:'],
    ['ftp://node.example/bundle', 'want a file or an https URL, got ftp:'],
    ['https://[', 'this is no URL that can be read'],
    ['https://', 'this is no URL that can be read'],
  ])('%s is not asked', async (url, says) => {
    const { asked, fetch } = server(honestSmall.bundle);
    const ran = await postern([...at(url), '--json'], smallFiles, { fetch });
    expect([ran.exit, ran.err]).toEqual([64, `postern: verify bundle: ${says}\n`]);
    expectErrorJson(jsonOf(ran), 'usage');
    expect(asked).toEqual([]);
    expect(ran.out).not.toContain('secret');
  });

  it('that answers with something else is judged as a file is', async () => {
    const { fetch } = server('<html>moved</html>');
    const ran = await postern([...at('https://node.example/'), '--json'], smallFiles, { fetch });
    expect(answerOf(ran, 'bundle')).toMatchObject({ exit: 1, failed: ['bundle.format'] });
  });

  it.each([
    ['refuses', server('no', 404).fetch, 'HTTP 404'],
    ['is not there', (() => Promise.reject(new TypeError('fetch failed'))) as Fetch, 'failed'],
    ['has no end', server(new Uint8Array(BUNDLE_LIMITS.bundle + 1)).fetch, 'bytes'],
  ])('that %s can’t be reached', async (_, fetch, says) => {
    const ran = await postern([...at('https://node.example/'), '--json'], smallFiles, { fetch });
    expect(ran.exit).toBe(69);
    expectErrorJson(jsonOf(ran), 'unreachable');
    expect(ran.err).toContain(says);
  });
});

it('--claims prints the whole’s, and each part’s under its name', async () => {
  const { out } = await postern([...VERIFY_BUNDLE, '--claims'], smallFiles);
  const [, claims = ''] = out.split('no vendor vouches for this.\n');
  expect(claims).toMatch(/^recipe +postern-v1$/m);
  expect(claims.match(/^\S.*$/gm)).toEqual(
    expect.arrayContaining(['snp', 'device 0, nvidia-gpu', 'device 1, nvidia-gpu']),
  );
  expect(claims).toMatch(/^ {2}ueid +\d+$/m);
});

it('the same files give the same answer, byte by byte', async () => {
  const again = bundleFilesOf(await simulateBundle());
  expect(honestBundle.bundle).toEqual(again['bundle']);
  const argv = [...VERIFY_BUNDLE, '--json'];
  expect(await postern(argv, bundleFiles)).toEqual(await postern(argv, again));
});
