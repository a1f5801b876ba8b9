import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/core/bytes/hex.ts';
import { concatBytes } from '../../src/core/bytes/writer.ts';
import { toBase64 } from '../../src/core/encoding/base64.ts';
import { toPem } from '../../src/core/encoding/pem.ts';
import { NVIDIA_EXPECTED } from '../../src/evidence/nvidia/checks.ts';
import { encodeNvidiaEvidence } from '../../src/simulator/nvidia/evidence-json.ts';
import { simulateNvidiaNode } from '../../src/simulator/nvidia/node.ts';
import { simulateNvidia } from '../../src/simulator/nvidia/simulate.ts';
import { gpu, jwks, KEY, nvSwitch, statement } from '../support/nras.ts';
import { expectErrorJson } from './design-json.ts';
import { honest as honestTdx, jsonOf, postern, UNSAFE } from './fake-io.ts';
import {
  caseOf,
  endorsementOptions,
  honestNode,
  honestNvidia,
  NODE_KINDS,
  NVIDIA_ROOT_OPTIONS,
  nodeFiles,
  nodeFilesOf,
  nvidiaFiles,
  nvidiaUsageOf,
  VERIFY_NODE,
  VERIFY_NVIDIA,
  verifiedNvidia,
} from './nvidia-files.ts';
import { answerOf, checkOf } from './snp-files.ts';

const { report, chain, roots } = honestNvidia;
const NONCE = toHex(honestNvidia.plan.report.nonce);
const RECORDING = '\nnote  no --nonce was asked for: all of this may be a recording\n';
const RESPONSES = endorsementOptions(nvidiaFiles).filter((_, i, all) =>
  (all[i - (i % 2)] ?? '').startsWith('--ocsp'),
);

/** The same words, without an option and its value, wherever it stands. */
const without = (option: string) =>
  VERIFY_NVIDIA.filter((word, i) => word !== option && VERIFY_NVIDIA[i - 1] !== option);

describe('an honest report', () => {
  it('is accepted, every check of the baseline passed', async () => {
    const answer = await verifiedNvidia();
    expect(answer).toMatchObject({
      exit: 0,
      err: '',
      verdict: 'accept',
      authentic: true,
      anchors: 'simulator',
      revocation: 'unchecked',
      at: '2026-06-01T00:00:00Z',
      failed: [],
      unresolved: [],
      skipped: [],
    });
    const { baseline } = NVIDIA_EXPECTED;
    expect([...baseline].filter((id) => checkOf(answer, id)?.outcome !== 'pass')).toEqual([]);
    expect(answer.claims).toMatchObject({ driver: '590.12', hwModel: 'GH100 A01 GSP BROM' });
  });

  it('says in lines what it says in JSON, and that nothing shows it to be fresh', async () => {
    const { exit, out, err } = await postern(VERIFY_NVIDIA, nvidiaFiles);
    expect([exit, err]).toEqual([0, '']);
    expect(out.match(/^✓ nvidia\.\S+ +\S.+\?$/gm)).toHaveLength(26);
    expect(out).toContain(RECORDING);
    expect(out).toMatch(/^ACCEPT {2}authentic · simulator anchors · revocation unchecked · at /m);
    expect(out).not.toMatch(UNSAFE);
  });

  it('says below the checks what it is, and how far it was looked at', async () => {
    const { ueid } = (await verifiedNvidia()).claims;
    const said = (ocsp: string) =>
      [
        '',
        `GH100 A01 GSP BROM · ueid ${ueid}`,
        'driver 590.12 · vbios 96.00.A5.00.01 · mode spt',
        `32 of 33 active measurements compared, 1 exempt (NVDEC0) · ${ocsp}`,
        '',
      ].join('\n');
    const bare = await postern(VERIFY_NVIDIA, nvidiaFiles);
    expect(bare.out).toContain(said('OCSP 0 of 7 certificates'));
    const asked = await postern([...VERIFY_NVIDIA, ...RESPONSES], nvidiaFiles);
    expect(asked.out).toContain(said('OCSP 7 of 7 certificates'));
  });

  it('with the nonce that was sent needs no such note', async () => {
    const answer = await verifiedNvidia(['--nonce', NONCE.toUpperCase()]);
    expect(checkOf(answer, 'nvidia.nonce')?.outcome).toBe('pass');
    const { out } = await postern([...VERIFY_NVIDIA, '--nonce', NONCE], nvidiaFiles);
    expect(out).not.toContain('note  ');
  });

  it('with OCSP responses has its revocation checked', async () => {
    expect(RESPONSES).toHaveLength(14);
    const answer = await verifiedNvidia([...RESPONSES, '--require-ocsp']);
    expect(answer).toMatchObject({ exit: 0, revocation: 'checked', unresolved: [] });
  });

  it.each([
    ['hex', toHex(report)],
    ['0x and hex in lines', `0x${toHex(report).replace(/.{64}/g, '$&\n')}\n`],
    ['base64', toBase64(report)],
    ['base64 in lines', `${toBase64(report).replace(/.{64}/g, '$&\r\n')}\r\n`],
    ['evidence JSON of one device', encodeNvidiaEvidence([device()], new Uint8Array(32))],
  ])('may be written as %s', async (_, file) => {
    const argv = file instanceof Uint8Array ? without('--chain') : VERIFY_NVIDIA;
    expect(await verifiedNvidia([], { report: file }, argv)).toMatchObject({ exit: 0 });
  });

  it('may come on standard input', async () => {
    const argv = VERIFY_NVIDIA.map((word) => (word === 'report' ? '-' : word));
    expect(await verifiedNvidia([], { '-': report }, argv)).toMatchObject({ exit: 0 });
  });

  it.each([
    'valid_blackwell_single',
    'valid_without_fwid',
    'switch_asked',
    'rims_in_other_order',
  ] as const)('%s is accepted too', async (fault) => {
    const { files, argv } = caseOf(fault);
    expect(await verifiedNvidia([], files, argv)).toMatchObject({ exit: 0 });
  });

  it('--claims prints every field, a digest a line', async () => {
    const { out } = await postern([...VERIFY_NVIDIA, '--claims'], nvidiaFiles);
    const [, claims = ''] = out.split('no vendor vouches for this.\n');
    expect(claims).toMatch(/^nonce +[0-9a-f]{64}$/m);
    expect(claims.match(/^measurements\[\d+\] +[0-9a-f]{96}$/gm)).toHaveLength(64);
    expect(claims).toMatch(
      /^ocspUnanswered +GH100 A01 GSP BROM, NVIDIA GH100 Provisioner ICA 1, /m,
    );
  });
});

function device() {
  return { model: 'h100', report, chain } as const;
}

describe('whom to believe', () => {
  it('is not the simulator, unless it is named', async () => {
    const answer = await verifiedNvidia([], {}, without('--trust-anchor'));
    expect(answer).toMatchObject({ exit: 1, authentic: false, failed: ['nvidia.chain.root'] });
  });

  it('for manifests is asked apart', async () => {
    const answer = await verifiedNvidia([], {}, without('--rim-trust-anchor'));
    expect(answer).toMatchObject({ exit: 1, authentic: true });
    expect(answer.failed).toEqual(['nvidia.rim.driver.root', 'nvidia.rim.vbios.root']);
  });

  it('is not another simulator, but may be one of several', async () => {
    const other = simulateNvidia({ seed: 'another world' }).roots.device;
    const answer = await verifiedNvidia([], { 'root.der': other });
    expect(answer).toMatchObject({ verdict: 'reject', anchors: 'simulator' });
    expect(await verifiedNvidia(['--trust-anchor', 'other'], { other })).toMatchObject({ exit: 0 });
  });

  it.each([
    ['--trust-anchor', 'root.der', 'garbage', 'trust me'],
    ['--trust-anchor', 'root.der', 'an empty file', ''],
    ['--trust-anchor', 'root.der', 'the chain', chain],
    ['--rim-trust-anchor', 'rim-root.der', 'two roots', toPem(roots.rim, 'CERTIFICATE').repeat(2)],
  ])('is a question of usage where %s %s is %s', async (option, name, _, root) => {
    const said = await nvidiaUsageOf(VERIFY_NVIDIA, { ...nvidiaFiles, [name]: root });
    expect(said).toContain(`postern: ${option} ${name}: want one certificate, DER or PEM (`);
  });
});

describe('what is missing', () => {
  it.each(['report', 'chain', 'rim-1', 'ocsp-0', 'root.der', 'rim-root.der', 'eat', 'jwks'])(
    '%s is no file: no answer at all',
    async (gone) => {
      const all = { ...nvidiaFiles, eat: '[]', jwks: jwks() };
      const rest = Object.entries(all).filter(([name]) => name !== gone);
      const more = ['--ocsp', 'ocsp-0', '--nras', 'eat', '--jwks', 'jwks', '--json'];
      const ran = await postern([...VERIFY_NVIDIA, ...more], Object.fromEntries(rest));
      expect([ran.exit, ran.err]).toEqual([69, `postern: ${gone}: can’t be read (ENOENT)\n`]);
      expectErrorJson(jsonOf(ran), 'unreachable');
    },
  );

  it('a manifest leaves it open, names the manifest, and the device is authentic', async () => {
    const answer = await verifiedNvidia([], {}, without('--rim'));
    expect(answer).toMatchObject({ exit: 2, authentic: true, failed: [] });
    expect(checkOf(answer, 'nvidia.rim.driver.format')).toMatchObject({
      outcome: 'unresolved',
      because: expect.stringContaining('no manifest NV_GPU_DRIVER_GH100_590.12 (offline)'),
    });
    expect(checkOf(answer, 'nvidia.rim.vbios.format')).toMatchObject({
      because: expect.stringContaining('NV_GPU_VBIOS_G520_0200_885_9600A50001'),
    });
  });

  it('the chain leaves it open, and nothing is authentic', async () => {
    const answer = await verifiedNvidia([], {}, without('--chain'));
    expect(answer).toMatchObject({ exit: 2, authentic: false });
    expect(answer.unresolved).toContain('nvidia.chain.format');
  });

  it('OCSP leaves it open where it is required', async () => {
    const answer = await verifiedNvidia(['--require-ocsp']);
    expect(answer).toMatchObject({ exit: 2, failed: [], revocation: 'unchecked' });
    expect(answer.unresolved.every((id) => id.startsWith('nvidia.ocsp.'))).toBe(true);
  });
});

describe('what is no report', () => {
  it.each([
    ['an empty file', ''],
    ['text', 'this is my report'],
    ['half a report', report.subarray(0, 2000)],
    ['a report with a zero behind', concatBytes(report, Uint8Array.of(0))],
    ['zeros', new Uint8Array(4096)],
    ['16 MiB of zeros', new Uint8Array(16 * 1024 * 1024)],
    ['hex of half a byte', toHex(report).slice(1)],
    ['a response without its request', report.subarray(37)],
  ])('%s is rejected, and the certificates still answered for', async (_, file) => {
    const answer = await verifiedNvidia([], { report: file });
    expect(answer).toMatchObject({ exit: 1, verdict: 'reject', authentic: false });
    expect(answer.failed).toEqual(['nvidia.report.format']);
    expect(checkOf(answer, 'nvidia.chain.root')?.outcome).toBe('pass');
  });

  it.each([
    ['a bracket', '[{', 'want a member name at character 2'],
    ['an object of something else', '{"report":1}', 'want a list of evidence, or evidence_list'],
    ['a list of lists', '[[]]', 'want an object, got an array'],
    ['a tail', `${'[]'} x`, 'after the value'],
    ['a member twice', '[{"evidence":"AA==","evidence":"AA=="}]', 'duplicate member'],
  ])('JSON with %s is rejected', async (_, file, says) => {
    const ran = await postern([...without('--chain'), '--json'], { ...nvidiaFiles, report: file });
    const answer = answerOf(ran, 'bundle');
    expect(answer).toMatchObject({ exit: 1, failed: ['nvidia.topology.format'] });
    expect(JSON.stringify(answer.checks)).toContain(says);
  });

  it('an empty list is no machine', async () => {
    const argv = [...without('--chain'), '--json'];
    const answer = answerOf(await postern(argv, { ...nvidiaFiles, report: '[]' }), 'bundle');
    expect(answer).toMatchObject({ exit: 1, authentic: false });
    expect(answer.failed).toEqual(['nvidia.topology.devices']);
  });

  it.each([
    ['a quote', honestTdx.quote, 'TDX quote'],
    ['its chain', chain, 'X.509 certificates'],
    ['its manifest', honestNvidia.rims[0] ?? '', 'NVIDIA manifest (RIM)'],
  ])('%s is named for what it is', async (_, file, name) => {
    const { exit, out } = await postern(VERIFY_NVIDIA, { ...nvidiaFiles, report: file });
    expect(exit).toBe(1);
    expect(out).toContain(`\nnote  the file is of another kind: ${name} (see postern inspect)\n`);
  });

  it.each([
    ['half a report', report.subarray(0, 2000)],
    ['half a quote', honestTdx.quote.subarray(0, 700)],
    ['text', 'my report'],
  ])('%s is not taken for another kind', async (_, file) => {
    const { out } = await postern(VERIFY_NVIDIA, { ...nvidiaFiles, report: file });
    expect(out).toMatch(/^✗ nvidia\.report\.format +malformed report/m);
    expect(out).not.toContain('another kind');
  });
});

describe('options', () => {
  it.each([
    [['--nonce', 'abc'], '--nonce: want exactly 32 bytes of hex'],
    [['--nonce', 'ab'.repeat(31)], '--nonce: want exactly 32 bytes of hex, got 31'],
    [['--nonce', 'ab'.repeat(33)], '--nonce: want exactly 32 bytes of hex'],
    [['--nonce='], '--nonce: want exactly 32 bytes of hex'],
    [['--device', 'cpu'], '--device: want gpu or switch, got "cpu"'],
    [['--gpus', '-'], '--gpus: want a whole number, got "-"'],
    [['--switches', '1.5'], '--switches: want a whole number, got "1.5"'],
    [['--allow-opaque', '65536'], '--allow-opaque: want 0 to 65535, got "65536"'],
    [['--at', 'noon'], '--at: want a time like 2026-01-31T00:00:00Z, got "noon"'],
    [
      ['--at', 'tcb-info=2026-06-01T00:00:00Z'],
      '--at: unknown kind "tcb-info", want rim, ocsp, rim-ocsp',
    ],
    [['--jwks', 'chain'], '--jwks goes with --nras'],
    [['--nras', 'chain', '--jwks', 'chain'], '--jwks chain: want a JSON Web Key Set ('],
    [['--ocsp', '-', '--nras', '-'], 'verify nvidia: - (standard input) is named twice'],
    [
      ['--nras', 'chain', '--jwks', 'chain', '--jwks', 'chain'],
      '--jwks: want one, or one for each of 1 --nras, got 2',
    ],
    [['--gpus', '1', '--device', 'gpu'], '--device is about one device'],
    [['chain'], '--chain goes with one report; of several give evidence JSON'],
  ])('%j is a question of usage', async (options, says) => {
    expect(await nvidiaUsageOf([...VERIFY_NVIDIA, ...options])).toContain(`postern: ${says}`);
  });

  it('--chain beside evidence JSON is one too', async () => {
    const argv = VERIFY_NODE.toSpliced(3, 0, '--chain', 'chain');
    expect(await nvidiaUsageOf(argv, { ...nodeFiles, chain })).toContain(
      '--chain goes with a report; evidence JSON brings its own',
    );
  });

  it('another nonce than was sent is a replay', async () => {
    const answer = await verifiedNvidia(['--nonce', '00'.repeat(32)]);
    expect(answer).toMatchObject({ exit: 1, authentic: true, failed: ['nvidia.nonce'] });
  });

  it.each([
    ['gpu', 0],
    ['switch', 1],
  ])('--device %s', async (kind, exit) => {
    expect(await verifiedNvidia(['--device', kind])).toMatchObject({ exit });
  });

  it('--trim-zeros drops zeros, and says how many', async () => {
    for (const [zeros, said] of [
      [1, '1 zero byte'],
      [3, '3 zero bytes'],
    ] as const) {
      const padded = { report: concatBytes(report, new Uint8Array(zeros)) };
      const answer = await verifiedNvidia(['--trim-zeros'], padded);
      const err = `postern: dropped ${said} behind a report\n`;
      expect(answer).toMatchObject({ exit: 0, err });
    }
  });

  it('zeros behind a report reject it, and --trim-zeros is named', async () => {
    const padded = { ...nvidiaFiles, report: concatBytes(report, new Uint8Array(1)) };
    const { exit, out } = await postern(VERIFY_NVIDIA, padded);
    expect(exit).toBe(1);
    expect(out).toContain('note  zero bytes stand behind a report: --trim-zeros drops them\n');
  });

  it.each([
    ['rim_expired_allowed', '--allow-expired-rim', 'indeterminate'],
    ['ocsp_rim_hold_allowed', '--allow-rim-hold', 'reject'],
    ['opaque_field_allowed', '--allow-opaque=37', 'indeterminate'],
  ] as const)('%s is let pass by %s alone, as skipped', async (fault, option, otherwise) => {
    const { files, argv } = caseOf(fault);
    expect(await verifiedNvidia([], files, argv)).toMatchObject({ verdict: otherwise });
    const relaxed = await verifiedNvidia([option], files, argv);
    expect(relaxed).toMatchObject({ exit: 0, verdict: 'accept' });
    expect(relaxed.skipped).not.toEqual([]);
  });

  it('--at is a time for all, or for a kind of endorsement', async () => {
    const late = '2030-01-01T00:00:00Z';
    const answer = await verifiedNvidia(['--at', late]);
    expect(answer).toMatchObject({ exit: 2, authentic: true, at: late, failed: [] });
    expect(answer.unresolved).toEqual(
      expect.arrayContaining(['nvidia.rim.driver.validity', 'nvidia.rim.vbios.validity']),
    );
    const asked = ['--at', late, '--at', 'rim=2026-06-01T00:00:00Z'];
    expect(await verifiedNvidia(asked)).toMatchObject({ exit: 0, at: late });
  });
});

describe('--nras', () => {
  const ueid = '421011431794752269040253974257571974947266155173';
  const said = (members: object = {}) =>
    statement({
      devices: { 'GPU-0': gpu(ueid, { eat_nonce: NONCE, ...members }) },
      overall: { eat_nonce: NONCE },
    });
  const keys = jwks(KEY.jwk);
  const beside = async (
    options: readonly string[],
    eat: Uint8Array | string = said(),
    argv: readonly string[] = VERIFY_NVIDIA,
  ) => {
    const files = { ...nvidiaFiles, eat, jwks: keys };
    const ran = await postern([...argv, '--nras', 'eat', '--json', ...options], files);
    return answerOf(ran, 'bundle', 'nvidia-gpu', 'nras');
  };
  const IN_DATE = ['--at', '2026-06-01T00:30:00Z'];
  const ALL = ['--jwks', 'jwks', '--nonce', NONCE, ...IN_DATE];

  it('agrees: the statement is a part, and accepted by itself', async () => {
    const answer = await beside(ALL);
    expect(answer).toMatchObject({ exit: 0, verdict: 'accept', authentic: true, failed: [] });
    expect(answer.checks.map(({ id }) => id)).toEqual(['nvidia.topology.statement']);
    expect(answer.parts?.map(({ verdict }) => verdict)).toEqual(['accept', 'accept']);
    expect(answer.parts?.[1]).toMatchObject({ authentic: true, claims: { freshness: 'checked' } });
  });

  it('open, for want of keys, changes nothing, and a note says so', async () => {
    const answer = await beside(IN_DATE);
    expect(answer).toMatchObject({ exit: 0, verdict: 'accept', authentic: true });
    expect(answer.parts?.map(({ verdict }) => verdict)).toEqual(['accept', 'indeterminate']);
    const files = { ...nvidiaFiles, eat: said() };
    const { out } = await postern([...VERIFY_NVIDIA, '--nras', 'eat'], files);
    expect(out).toContain('\nnote  what NVIDIA’s service says (nras) is open;');
    expect(out).toMatch(/^└─ nras +indeterminate {2}not shown to be authentic · /m);
  });

  it('never makes up for what is missing', async () => {
    const answer = await beside(ALL, said(), without('--rim'));
    expect(answer).toMatchObject({ exit: 2, verdict: 'indeterminate' });
    expect(answer.parts?.map(({ verdict }) => verdict)).toEqual(['indeterminate', 'accept']);
  });

  it('never makes up for what is wrong', async () => {
    const answer = await beside(ALL, said(), without('--trust-anchor'));
    expect(answer).toMatchObject({ exit: 1, verdict: 'reject', authentic: false, failed: [] });
  });

  it.each([
    ['the measurements failed', said({ measres: 'fail' }), 'nras.devices.result'],
    [
      'it is about another device',
      statement({
        overall: { eat_nonce: NONCE },
        devices: { 'GPU-0': gpu('1', { eat_nonce: NONCE }) },
      }),
      'nras.devices.set',
    ],
    ['it answers another nonce', statement({ devices: { 'GPU-0': gpu(ueid) } }), 'nras.eat.nonce'],
    ['it is no statement', '[]', 'nras.eat.format'],
    ['it is empty', '', 'nras.eat.format'],
  ])('rejects the whole where %s', async (_, eat, id) => {
    const answer = await beside(ALL, eat);
    expect(answer).toMatchObject({ exit: 1, verdict: 'reject', authentic: true });
    expect(answer.failed).toEqual(['nvidia.topology.statement']);
    const [device, nras] = answer.parts ?? [];
    expect(device?.verdict).toBe('accept');
    expect(nras && checkOf(nras, id)?.outcome).toBe('fail');
  });

  it('of a machine rejects it where it is about another device', async () => {
    const { plan } = honestNode;
    const files = { ...nodeFiles, eat: statement() };
    const argv = [...VERIFY_NODE, '--nras', 'eat', '--json', '--nonce', toHex(plan.nonce)];
    const answer = answerOf(await postern(argv, files), 'bundle', ...NODE_KINDS, 'nras');
    expect(answer).toMatchObject({ exit: 1, claims: { gpus: 8 } });
    expect(answer.failed).toEqual(['nvidia.topology.statement']);
  });
});

describe('--nras of GPUs and of switches', () => {
  const spoken = async (options: readonly string[]) => {
    const { claims } = answerOf(
      await postern([...VERIFY_NODE, '--json'], nodeFiles),
      'bundle',
      ...NODE_KINDS,
    );
    const named = (list: unknown, of: typeof gpu) =>
      Object.fromEntries([list].flat().map((ueid, i) => [`DEVICE-${i}`, of(`${ueid}`)]));
    const files = {
      ...nodeFiles,
      gpus: statement({ devices: named(claims['gpuUeids'], gpu) }),
      switches: statement({ devices: named(claims['switchUeids'], nvSwitch) }),
      jwks: jwks(KEY.jwk),
      others: jwks(),
    };
    const argv = [...VERIFY_NODE, '--json', '--at', '2026-06-01T00:30:00Z'];
    const ran = await postern([...argv, '--nras', 'gpus', '--nras', 'switches', ...options], files);
    return answerOf(ran, 'bundle', ...NODE_KINDS, 'nras', 'nras');
  };
  const verdicts = ({ parts = [] }: Awaited<ReturnType<typeof spoken>>) =>
    parts.slice(NODE_KINDS.length).map(({ verdict }) => verdict);

  it('are both accepted under one set of keys', async () => {
    const answer = await spoken(['--jwks', 'jwks']);
    expect(answer).toMatchObject({ exit: 0, verdict: 'accept', failed: [] });
    expect(verdicts(answer)).toEqual(['accept', 'accept']);
  });

  it('each have keys of their own, in their order', async () => {
    const answer = await spoken(['--jwks', 'jwks', '--jwks', 'others']);
    expect(answer).toMatchObject({ exit: 0, verdict: 'accept' });
    expect(verdicts(answer)).toEqual(['accept', 'indeterminate']);
  });
});

describe('several devices', () => {
  const verifiedNode = async (options: readonly string[] = [], files = nodeFiles) =>
    postern([...VERIFY_NODE, '--json', ...options], files);

  it('are accepted together, each a part', async () => {
    const answer = answerOf(await verifiedNode(), 'bundle', ...NODE_KINDS);
    expect(answer).toMatchObject({
      exit: 0,
      authentic: true,
      anchors: 'simulator',
      claims: { gpus: 8, switches: 4, mode: 'ppcie' },
    });
    expect(answer.parts?.map(({ verdict }) => verdict)).toEqual(Array(12).fill('accept'));
  });

  it('may come in a file a kind, as NVIDIA’s tools write them', async () => {
    const { devices, plan } = honestNode;
    const files = {
      ...nodeFiles,
      'evidence.json': encodeNvidiaEvidence(devices.slice(0, 8), plan.nonce),
      'switches.json': encodeNvidiaEvidence(devices.slice(8), plan.nonce),
    };
    const argv = ['switches.json', '--gpus', '8', '--switches', '4'];
    expect(answerOf(await verifiedNode(argv, files), 'bundle', ...NODE_KINDS).exit).toBe(0);
  });

  it('are counted', async () => {
    const answer = answerOf(await verifiedNode(['--gpus', '7']), 'bundle', ...NODE_KINDS);
    expect(answer).toMatchObject({ exit: 1, failed: ['nvidia.topology.count'] });
  });

  it('a file of them that can’t be read rejects all, and is named', async () => {
    const files = { ...nodeFiles, 'more.json': '[' };
    const ran = await verifiedNode(['more.json'], files);
    expect(answerOf(ran, 'bundle')).toMatchObject({ exit: 1, failed: ['nvidia.topology.format'] });
    expect(ran.err).toBe('postern: more.json: can’t be read as evidence JSON\n');
  });

  it('the same file twice is the same devices twice', async () => {
    const ran = await verifiedNode(['evidence.json']);
    const answer = answerOf(ran, 'bundle', ...NODE_KINDS, ...NODE_KINDS);
    expect(answer.exit).toBe(1);
    expect(answer.failed).toContain('nvidia.topology.distinct');
  });

  it.each(['node_three_switches', 'node_json_tail'] as const)('%s is rejected', async (fault) => {
    const files = nodeFilesOf(simulateNvidiaNode({ fault }));
    const argv = ['verify', 'nvidia', 'evidence.json', ...endorsementOptions(files)];
    const { exit, out } = await postern([...argv, ...NVIDIA_ROOT_OPTIONS], files);
    expect(exit).toBe(1);
    expect(out).toMatch(/^✗ nvidia\.topology\./m);
  });

  it('without --nonce may be a recording', async () => {
    expect((await postern(VERIFY_NODE, nodeFiles)).out).toContain(RECORDING);
    const asked = ['--nonce', toHex(honestNode.plan.nonce)];
    const { exit, out } = await postern([...VERIFY_NODE, ...asked], nodeFiles);
    expect(exit).toBe(0);
    expect(out).not.toContain('note  ');
  });
});
