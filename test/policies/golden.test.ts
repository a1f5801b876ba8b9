import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { appraise } from '../../src/appraisal/appraise/appraise.ts';
import { compilePolicy } from '../../src/appraisal/appraise/compiled-policy.ts';
import type { Appraisable } from '../../src/appraisal/appraise/subject.ts';
import { type BundleInput, bundleClocksAt } from '../../src/appraisal/bundle/input.ts';
import { verifyBundle } from '../../src/appraisal/bundle/verifier.ts';
import { readPolicy, tryPolicy } from '../../src/appraisal/policy/read-policy.ts';
import { AMD_ROOTS } from '../../src/core/x509/amd-roots.ts';
import { anchorFromCertificate, INTEL_SGX_ROOT } from '../../src/core/x509/anchors.ts';
import { NVIDIA_ROOTS } from '../../src/evidence/nvidia/anchors.ts';
import { nvidiaClocksAt } from '../../src/evidence/nvidia/input.ts';
import { verifyNvidiaNode } from '../../src/evidence/nvidia/node.ts';
import { NvidiaVerifier } from '../../src/evidence/nvidia/verifier.ts';
import { snpClocksAt } from '../../src/evidence/snp/input.ts';
import { verifySnp } from '../../src/evidence/snp/verifier.ts';
import { clocksAt } from '../../src/evidence/tdx/clocks.ts';
import { parseTdxCollateral } from '../../src/evidence/tdx/collateral.ts';
import { verifyTdx } from '../../src/evidence/tdx/verifier.ts';
import { codesOf } from '../support/policy.ts';
import { vectorsFolder } from '../support/vectors.ts';

const POLICIES = join(import.meta.dirname, '../../policies');
const FIXTURES = join(import.meta.dirname, '../../fixtures/bundle');

const file = (...path: string[]) => new Uint8Array(readFileSync(join(...path)));
const policy = (name: string) => compilePolicy(readPolicy(file(POLICIES, `${name}.yaml`)));

/** As the policy's golden verdict wants it: the verdict, and each code that stands in the way. */
function verdictOf(evidence: Appraisable, name: string) {
  const {
    verdict,
    reasons,
    policy: named,
  } = appraise(evidence, policy(name), Date.parse(evidence.at));
  return { verdict, set: named.referenceSet, codes: codesOf({ reasons } as never) };
}

const all = (prefix: string, ...names: string[]) => names.map((name) => `${prefix}.${name}`);
const NO_BINDING = all('unresolved:policy.binding', 'recipe', 'keys', 'purpose', 'challenge');
/** Of devices that are not there nothing is said to be well. */
const NO_SWITCHES = all(
  'unresolved:policy.nvswitch',
  'distinct',
  'challenge',
  'bios',
  'revocation',
);
const NO_DEVICES = [
  'unresolved:policy.composite.topology',
  ...all(
    'unresolved:policy.gpu',
    'distinct',
    'challenge',
    'model',
    'mode',
    'release',
    'revocation',
  ),
  ...NO_SWITCHES,
];
const NO_COUNTS = ['fail:policy.gpu.count', 'fail:policy.nvswitch.count'];

describe('every shipped policy', () => {
  const names = readdirSync(POLICIES).filter((name) => name.endsWith('.yaml'));

  it('is there', () => expect(names.length).toBeGreaterThanOrEqual(6));

  it.each(names)('%s is usable', (name) => {
    expect(tryPolicy(file(POLICIES, name)).problems).toEqual([]);
  });

  it.each(names)('%s has a comment about what it is for', (name) => {
    expect(new TextDecoder().decode(file(POLICIES, name))).toMatch(/^# \S/);
  });
});

const AT = Date.parse('2026-06-01T00:00:00Z');
const root = (name: string) => [anchorFromCertificate(file(FIXTURES, 'roots', name), 'root')];
const NONCE = 'e6b3950d12a592613eb93aa1c6751ea1c6a96333845d65959a281df4436fc584';

function simulated(name: string, more: Partial<BundleInput> = {}) {
  return verifyBundle({
    bundle: file(FIXTURES, 'bundles', `${name}.json`),
    at: bundleClocksAt(AT),
    anchors: {
      tdx: root('intel-root.der'),
      snp: root('amd-root.der'),
      nvidia: { device: root('nvidia-root.der'), rim: root('rim-root.der') },
    },
    expected: { nonce: new Uint8Array(Buffer.from(NONCE, 'hex')) },
    ...more,
  });
}

describe('simulator-demo', () => {
  it('accepts the standard machine', () => {
    expect(verdictOf(simulated('bundle'), 'simulator-demo')).toEqual({
      verdict: 'accept',
      set: 'simulator/dstack',
      codes: [],
    });
  });

  it('does not accept what may be a recording', () => {
    expect(verdictOf(simulated('bundle', { expected: {} }), 'simulator-demo')).toMatchObject({
      verdict: 'indeterminate',
      codes: ['unresolved:policy.binding.challenge'],
    });
  });

  it.each([
    ['bundle-cpu-alone', [...NO_COUNTS, ...NO_DEVICES]],
    [
      'bundle-weights',
      [
        'fail:policy.gpu.count',
        'fail:policy.gpu.mode',
        'fail:policy.nvswitch.count',
        'unresolved:policy.composite.topology',
        ...NO_SWITCHES,
      ],
    ],
  ])('rejects %s, and says why', (name, codes) => {
    expect(verdictOf(simulated(name), 'simulator-demo')).toMatchObject({
      verdict: 'reject',
      codes,
    });
  });

  it('rejects an SEV-SNP machine by its kind', () => {
    const { verdict, codes } = verdictOf(simulated('bundle-snp'), 'simulator-demo');
    expect([verdict, codes[0]]).toEqual(['reject', 'fail:policy.evidence.kind']);
  });

  it.each(['devices-borrowed', 'keyset-swapped', 'report-data-of-another'])(
    'does not make up for a bundle that is wrong: %s',
    (name) => {
      const { verdict, codes } = verdictOf(simulated(name), 'simulator-demo');
      expect(verdict).toBe('reject');
      expect(codes.some((code) => code.startsWith('fail:bundle.'))).toBe(true);
    },
  );
});

const tdx = vectorsFolder('tdx');

describe.skipIf(tdx === undefined)('published TDX evidence', () => {
  const quote = (name: string, collateral: string, at: string, log?: string) =>
    verifyTdx({
      quote: file(tdx ?? '', 'real', name, 'quote.bin'),
      collateral: parseTdxCollateral(file(tdx ?? '', 'collateral', `${collateral}.json`)),
      at: clocksAt(Date.parse(at)),
      anchors: [INTEL_SGX_ROOT],
      ...(log !== undefined && { eventLog: { log: file(tdx ?? '', 'real', name, log) } }),
    });
  const dstack = () =>
    quote('dstack-full', '90c06f000000-2026-03', '2026-03-01T00:00:00Z', 'event-log.json');

  it('is the application that tdx-dstack-evidence knows', () => {
    expect(verdictOf(dstack(), 'tdx-dstack-evidence')).toEqual({
      verdict: 'accept',
      set: 'dstack/published-2026.03',
      codes: [],
    });
  });

  it('stays open without the log that tells its RTMR3', () => {
    const alone = quote('dstack-full', '90c06f000000-2026-03', '2026-03-01T00:00:00Z');
    expect(verdictOf(alone, 'tdx-dstack-evidence')).toEqual({
      verdict: 'indeterminate',
      set: undefined,
      codes: ['unresolved:policy.tdx.rtmr3', 'unresolved:policy.log.events'],
    });
  });

  it('of another image differs in each register that tells so', () => {
    const { verdict, codes } = verdictOf(
      quote('dstack-lite', '90c06f000000-2026-03', '2026-05-01T00:00:00Z', 'event-log.json'),
      'tdx-dstack-evidence',
    );
    expect(verdict).toBe('reject');
    expect(codes).toEqual(
      expect.arrayContaining(
        all('fail:policy.tdx', 'mr_td', 'rtmr0', 'rtmr1', 'rtmr2', 'rtmr3', 'mr_config_id'),
      ),
    );
  });

  it('is a CPU of tdx-8xh200-4nvswitch, and no more of it', () => {
    expect(verdictOf(dstack(), 'tdx-8xh200-4nvswitch')).toEqual({
      verdict: 'reject',
      set: 'node-image-2026.03/dstack',
      codes: [
        ...NO_COUNTS,
        NO_DEVICES[0],
        ...NO_BINDING,
        'unresolved:policy.workload.agent_config',
        ...NO_DEVICES.slice(1),
      ],
    });
  });

  it('behind on its TCB is refused by status, and by every advisory', () => {
    const { verdict, codes } = verdictOf(
      quote('gcp-platform-out-of-date', '00806f050000-2025-11', '2025-11-01T00:00:00Z'),
      'tdx-dstack-evidence',
    );
    expect(verdict).toBe('reject');
    expect(codes).toEqual(
      expect.arrayContaining(all('fail:policy.tdx', 'tcb_status', 'advisories')),
    );
    expect(codes).not.toContain('fail:tdx.tcb.status');
  });

  it('with DEBUG set is refused by every policy', () => {
    const debug = quote('v4-debug-td', '50806f000000-2023-07', '2023-07-15T00:00:00Z');
    for (const name of ['tdx-dstack-evidence', 'tdx-8xh200-4nvswitch', 'tdx-blackwell']) {
      expect(verdictOf(debug, name).codes).toEqual(
        expect.arrayContaining(['fail:tdx.td.debug', 'fail:policy.tdx.attributes']),
      );
    }
  });
});

const snp = vectorsFolder('snp');

describe.skipIf(snp === undefined)('published SEV-SNP evidence', () => {
  const report = (name: string) =>
    verifySnp({
      report: file(snp ?? '', 'real', name, 'report.bin'),
      vek: file(snp ?? '', 'real', name, 'vcek.der'),
      at: snpClocksAt(AT),
      anchors: AMD_ROOTS,
    });

  it.each([
    ['milan-v3-caci', 'container-host/milan'],
    ['genoa-v3-caci', 'container-host/milan'],
    ['turin-v5-caci', 'container-host/turin'],
  ])('%s is a machine of snp-ssh-host, whose SSH key is not shown', (name, set) => {
    expect(verdictOf(report(name), 'snp-ssh-host')).toEqual({
      verdict: 'indeterminate',
      set,
      codes: NO_BINDING,
    });
  });

  it('of the chip that the validator knows only lacks CRL and keys', () => {
    expect(verdictOf(report('genoa-v3-caci'), 'snp-validator-services')).toEqual({
      verdict: 'indeterminate',
      set: 'signed-release',
      codes: ['unresolved:policy.snp.revocation', ...NO_BINDING],
    });
  });

  it('of another product and chip is refused by both', () => {
    expect(verdictOf(report('milan-v3-caci'), 'snp-validator-services')).toMatchObject({
      verdict: 'reject',
      codes: [
        'fail:policy.snp.min_tcb',
        'fail:policy.deployment.identity',
        'unresolved:policy.snp.revocation',
        ...NO_BINDING,
      ],
    });
  });

  it('of another image is refused register by register', () => {
    const { verdict, codes } = verdictOf(report('milan-v2'), 'snp-ssh-host');
    expect(verdict).toBe('reject');
    expect(codes).toEqual(
      expect.arrayContaining([
        ...all('fail:policy.snp', 'measurement', 'host_data', 'id_key_digest', 'guest_svn'),
        'unresolved:policy.deployment.identity',
      ]),
    );
  });

  it('that allows debugging is refused whatever the policy', () => {
    for (const name of ['snp-ssh-host', 'snp-validator-services']) {
      expect(verdictOf(report('milan-v2-debug-policy'), name).codes).toEqual(
        expect.arrayContaining(['fail:snp.policy.debug', 'fail:policy.snp.guest_policy']),
      );
    }
  });
});

const nvidia = vectorsFolder('nvidia');

describe.skipIf(nvidia === undefined)('published devices without a CPU', () => {
  const device = (path: string) => ({
    report: file(nvidia ?? '', path, 'report.bin'),
    chain: file(nvidia ?? '', path, 'chain.pem'),
  });
  const node = (paths: readonly string[]) =>
    verifyNvidiaNode(
      { devices: paths.map(device), at: nvidiaClocksAt(AT) },
      new NvidiaVerifier(NVIDIA_ROOTS),
    );
  const set = 'real/ppcie-8-gpu-4-switch';
  const gpus = Array.from({ length: 8 }, (_, i) => `${set}/gpu-${i}`);
  const switches = Array.from({ length: 4 }, (_, i) => `${set}/switch-${i}`);

  it('are those that tdx-8xh200-4nvswitch wants: nothing about them fails', () => {
    const { verdict, codes } = verdictOf(node([...gpus, ...switches]), 'tdx-8xh200-4nvswitch');
    expect(verdict).toBe('indeterminate');
    expect(codes.filter((code) => code.startsWith('fail:'))).toEqual([]);
    expect(codes).toContain('unresolved:policy.evidence.kind');
  });

  it.each([
    ['a switch is missing', [...gpus, ...switches.slice(1)], 'fail:policy.nvswitch.count'],
    ['a GPU is missing', [...gpus.slice(1), ...switches], 'fail:policy.gpu.count'],
    [
      'a GPU stands in twice',
      [...gpus.slice(1), `${set}/gpu-1`, ...switches],
      'fail:policy.gpu.distinct',
    ],
  ])('%s', (_what, paths, code) => {
    const { verdict, codes } = verdictOf(node(paths), 'tdx-8xh200-4nvswitch');
    expect(verdict).toBe('reject');
    expect(codes).toContain(code);
  });

  it('are no Blackwell: model, mode and the switches tell', () => {
    expect(verdictOf(node([...gpus, ...switches]), 'tdx-blackwell').codes).toEqual(
      expect.arrayContaining([
        'fail:policy.gpu.model',
        'fail:policy.gpu.mode',
        'fail:policy.composite.unexpected',
      ]),
    );
  });
});
