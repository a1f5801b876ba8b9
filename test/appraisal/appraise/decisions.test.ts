import { describe, expect, it } from 'vitest';
import type { Appraisal } from '../../../src/appraisal/appraise/appraisal.ts';
import { appraise } from '../../../src/appraisal/appraise/appraise.ts';
import { bitsProblem } from '../../../src/appraisal/appraise/bits.ts';
import { POLICY_CHECKS } from '../../../src/appraisal/appraise/checks.ts';
import { compilePolicy } from '../../../src/appraisal/appraise/compiled-policy.ts';
import { lifecycleStanding } from '../../../src/appraisal/appraise/lifecycle.ts';
import { type Appraisable, subjectOf } from '../../../src/appraisal/appraise/subject.ts';
import { readPolicy } from '../../../src/appraisal/policy/read-policy.ts';
import type { TdxRules } from '../../../src/appraisal/policy/schema/tdx.ts';
import type { VtpmRules } from '../../../src/appraisal/policy/schema/vtpm.ts';
import { verifyVtpmOn } from '../../../src/appraisal/vtpm.ts';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { anchorFromCertificate } from '../../../src/core/x509/anchors.ts';
import { snpClocksAt } from '../../../src/evidence/snp/input.ts';
import { verifySnp } from '../../../src/evidence/snp/verifier.ts';
import { azureSnp } from '../../support/azure.ts';
import {
  challenged,
  codesOf,
  decided,
  decidedBy,
  draftFor,
  type Editable,
  type PolicyEdit,
  policyFor,
  wholeMachine,
} from '../../support/policy.ts';
import { NONCE, PCRS, PCRS_JSON, quoted } from '../../support/tpm.ts';

const tdx = challenged(await wholeMachine());
const challengedSnp = challenged(await wholeMachine({ cpu: 'snp' }));

describe('a policy that is on its way out', () => {
  it('admits with a warning, and no longer than its sunset', () => {
    const result = decided(tdx, ({ metadata }) => {
      metadata.lifecycle = { state: 'deprecated', sunset: '2026-06-01T00:00:10Z' };
    });
    expect(result).toMatchObject({
      verdict: 'accept',
      until: '2026-06-01T00:00:10Z',
      warnings: ['the policy is deprecated and admits until 2026-06-01T00:00:10Z'],
    });
  });

  it.each([
    [{ state: 'active', notBefore: '2026-06-01T00:00:00Z' }, 'pass'],
    [{ state: 'active', notBefore: '2026-06-01T00:00:01Z' }, 'unresolved'],
    [{ state: 'deprecated', sunset: '2026-06-01T00:00:01Z' }, 'pass'],
    [{ state: 'deprecated', sunset: '2026-06-01T00:00:00Z' }, 'fail'],
    [
      {
        state: 'deprecated',
        notBefore: '2026-06-01T00:00:01Z',
        sunset: '2026-06-01T00:00:02Z',
      },
      'unresolved',
    ],
    [{ state: 'revoked', revokedAt: '2027-01-01T00:00:00Z', reason: 'a leaked key' }, 'fail'],
    [{ state: 'draft' }, 'unresolved'],
  ] as const)('%j is %s at the very instant', (lifecycle, outcome) => {
    const now = Date.parse('2026-06-01T00:00:00Z');
    expect(lifecycleStanding(lifecycle, now).outcome).toBe(outcome);
  });
});

describe('bits', () => {
  it('are named with what was wanted and what there is', () => {
    const wanted = { smt: 'forbid', tsme: 'require', ecc: 'require', rapl: 'any' } as const;
    const said = { smt: true, tsme: false, ecc: undefined, rapl: undefined };
    expect(bitsProblem(wanted, (name) => said[name])).toEqual({
      want: 'smt clear, tsme set, ecc set',
      got: 'smt set, tsme clear, ecc not said',
    });
  });

  it('that are not said are not clear', () => {
    expect(bitsProblem({ smt: 'forbid' }, () => undefined)).toEqual({
      want: 'smt clear',
      got: 'smt not said',
    });
    expect(bitsProblem({ smt: 'forbid' }, () => false)).toBeUndefined();
  });
});

describe('a vTPM', async () => {
  const { made, hcl } = await azureSnp();
  const evidence = verifySnp({
    report: made.report,
    ...(made.vek && { vek: made.vek }),
    chain: made.chain,
    ...(made.crl && { crl: made.crl }),
    at: snpClocksAt(made.at),
    anchors: [anchorFromCertificate(made.root, 'root')],
  });
  const vtpm = verifyVtpmOn(evidence, {
    hcl,
    quote: quoted(),
    pcrs: PCRS_JSON,
    nonce: NONCE,
    at: made.at,
  });
  const unasked = verifyVtpmOn(evidence, { hcl, at: made.at });
  const value = (index: number) => toHex(PCRS[index] ?? expect.fail('no such PCR'));
  const decide = (subject: Appraisable, rules: VtpmRules | undefined): Appraisal => {
    const policy = draftFor(vtpm, ({ metadata, spec }) => {
      metadata.lifecycle = { state: 'active' };
      (spec.evidence.cpu as { crl: unknown }).crl = { skip: 'no list was published' };
      if (rules) spec.evidence.vtpm = structuredClone(rules) as Editable<VtpmRules>;
    });
    return appraise(
      subject,
      compilePolicy(readPolicy(utf8(JSON.stringify(policy)))),
      Date.parse(vtpm.at),
    );
  };

  it('is accepted with the PCRs that the policy has', () => {
    const result = decide(vtpm, { quote: 'require', pcrs: { '0': value(0), '23': value(23) } });
    expect([result.verdict, codesOf(result)]).toEqual(['accept', []]);
  });

  it('is refused with other PCRs, each named', () => {
    const [other, another] = ['aa'.repeat(32), 'bb'.repeat(32)];
    const result = decide(vtpm, {
      quote: 'require',
      pcrs: { '0': value(0), '1': other, '2': another },
    });
    expect(result.reasons).toEqual([
      {
        code: 'policy.vtpm.pcrs',
        outcome: 'fail',
        path: 'vtpm.pcrs',
        text: `want PCR 1 ${other}, PCR 2 ${another}, got PCR 1 ${value(1)}, PCR 2 ${value(2)}`,
      },
    ]);
  });

  it('stays open without a quote', () => {
    const result = decide(unasked, { quote: 'require', pcrs: { '7': value(7) } });
    expect(result.verdict).toBe('indeterminate');
    expect(codesOf(result)).toEqual(
      expect.arrayContaining(['unresolved:policy.vtpm.quote', 'unresolved:policy.vtpm.pcrs']),
    );
  });

  it('stays open where the policy wants one and there is only the CPU’s evidence', () => {
    const result = decide(evidence, { quote: 'require', pcrs: { '7': value(7) } });
    expect(codesOf(result)).toEqual([
      'unresolved:policy.vtpm.quote',
      'unresolved:policy.vtpm.pcrs',
    ]);
  });

  it('stays open where the policy does not speak of it', () => {
    expect(codesOf(decide(vtpm, undefined))).toEqual(['unresolved:policy.composite.unexpected']);
  });

  it('is passed over in what the policy skips, and says so', () => {
    const rules = { quote: { skip: 'one at boot' }, pcrs: { skip: 'measured elsewhere' } } as const;
    const result = decide(vtpm, rules);
    const own = result.checks.filter(({ id }) => id.startsWith('policy.vtpm.'));
    expect(result.verdict).toBe('accept');
    expect(own.map(({ id, outcome }) => [id, outcome])).toEqual([
      ['policy.vtpm.quote', 'skipped'],
      ['policy.vtpm.pcrs', 'skipped'],
    ]);
  });
});

describe('evidence without a bundle', () => {
  const { cpu } = tdx.pieces;
  if (cpu === undefined) throw new Error('a machine without a CPU');
  const alone: PolicyEdit = ({ spec }) => {
    delete spec.evidence.gpu;
    delete spec.evidence.nvswitch;
    spec.composite = { topology: { skip: 'no devices' } };
    spec.workload.agentConfigSha256 = { skip: 'there is no keyset' };
  };

  it('leaves every question about a binding open', () => {
    const result = decidedBy(policyFor(tdx, alone), cpu);
    expect(codesOf(result)).toEqual(
      ['recipe', 'keys', 'purpose', 'challenge'].map((one) => `unresolved:policy.binding.${one}`),
    );
  });

  it('is enough for a policy that asks nothing about it, and each question says so', () => {
    const result = decidedBy(
      policyFor(tdx, (policy) => {
        alone(policy);
        policy.spec.bindings = { skip: 'measurements alone' };
      }),
      cpu,
    );
    expect([result.verdict, codesOf(result)]).toEqual(['accept', []]);
    const asked = result.checks.filter(({ id }) => id.startsWith('policy.binding.'));
    expect(asked.map(({ outcome }) => outcome)).toEqual(Array(4).fill('skipped'));
  });

  it('has a purpose where its recipe has one, and stays open where not', () => {
    const { binding } = tdx;
    if (binding === undefined) throw new Error('no binding');
    const { purpose: _none, ...without } = binding;
    const other = Object.defineProperty(Object.create(tdx), 'binding', { value: without });
    expect(codesOf(decidedBy(policyFor(tdx), other))).toEqual([
      'unresolved:policy.binding.purpose',
    ]);
  });

  it('binds the keys of recipes that are not ours by what they bind', () => {
    const { binding } = tdx;
    if (binding === undefined) throw new Error('no binding');
    const { keyset: _none, ...without } = binding;
    const withBinds = (...binds: readonly string[]) =>
      Object.defineProperty(Object.create(tdx), 'binding', { value: { ...without, binds } });
    const wants = (...keys: ('tls' | 'ssh-host' | 'e2e' | 'ohttp')[]) =>
      policyFor(tdx, ({ spec }) => {
        if ('keys' in spec.bindings) spec.bindings.keys = keys;
        spec.workload.agentConfigSha256 = { skip: 'there is no keyset' };
      });
    const all = withBinds('tls-spki', 'ssh-host-key', 'e2e-key', 'hpke-key');
    expect(codesOf(decidedBy(wants('tls', 'ssh-host', 'e2e', 'ohttp'), all))).toEqual([]);
    const result = decidedBy(wants('tls', 'ohttp'), withBinds('tls-spki'));
    expect(result.reasons).toMatchObject([
      { code: 'policy.binding.keys', text: 'want keys for tls, ohttp, got tls' },
    ]);
    expect(decidedBy(wants('tls'), withBinds()).reasons).toMatchObject([
      { code: 'policy.binding.keys', text: 'want keys for tls, got none' },
    ]);
  });

  it('of GPUs alone never answers for a CPU', () => {
    const [device] = tdx.pieces.devices;
    const result = decidedBy(policyFor(tdx), device ?? expect.fail('no device'));
    expect(result.verdict).toBe('reject');
    expect(codesOf(result)).toContain('unresolved:policy.evidence.kind');
    expect(codesOf(result)).toContain('fail:policy.gpu.count');
  });
});

describe('devices', () => {
  const textOf = (result: Appraisal, code: string) =>
    result.reasons.find((reason) => reason.code === code)?.text;

  it.each([
    [{ exactly: 3 }, 'want exactly 3, got 2'],
    [{ min: 3, max: 4 }, 'want 3 to 4, got 2'],
    [{ min: 1, max: 1 }, 'want exactly 1, got 2'],
    [{ min: 2, max: 2 }, undefined],
    [{ min: 1, max: 2 }, undefined],
    [{ min: 2, max: 3 }, undefined],
  ])('are counted: %j', (count, text) => {
    const result = decided(tdx, ({ spec }) => {
      if (spec.composite.gpu) spec.composite.gpu.count = count;
    });
    expect(textOf(result, 'policy.gpu.count')).toBe(text);
  });

  it('need no challenge of their own where the policy skips it, and the answer says so', () => {
    const skip = 'a recipe that ties no device to its CPU';
    const result = decided(tdx, ({ spec }) => {
      for (const group of [spec.composite.gpu, spec.composite.nvswitch]) {
        if (group) group.sameChallengeAs = { skip };
      }
    });
    const answers = result.checks.filter(({ id }) =>
      /^policy\.(gpu|nvswitch)\.challenge$/.test(id),
    );
    expect(result.verdict).toBe('accept');
    expect(answers.map(({ outcome, because }) => [outcome, because])).toEqual([
      ['skipped', skip],
      ['skipped', skip],
    ]);
  });

  it('that are not wanted are all named', () => {
    const result = decided(tdx, ({ spec }) => {
      delete spec.evidence.gpu;
      delete spec.evidence.nvswitch;
      spec.composite = { topology: { skip: 'no devices' } };
    });
    expect(textOf(result, 'policy.composite.unexpected')).toBe(
      'want nothing that the policy does not speak of, got 2 GPU, 4 switches',
    );
  });

  it('skip what the policy skips of them: board, release, BIOS and revocation', () => {
    const result = decided(tdx, ({ spec }) => {
      const skip = 'whatever NVIDIA has a manifest for';
      const { gpu, nvswitch } = spec.evidence;
      if (gpu) {
        gpu.releases = { skip };
        gpu.ocsp = { skip };
        gpu.models = [{ chip: 'GH100', board: { skip } }];
      }
      if (nvswitch) Object.assign(nvswitch, { bios: { skip }, ocsp: { skip } });
    });
    const skipped = result.checks.filter(
      ({ id, outcome }) => /^policy\.(gpu|nvswitch)\./.test(id) && outcome === 'skipped',
    );
    expect(result.verdict).toBe('accept');
    expect(skipped.map(({ id }) => id)).toEqual([
      'policy.gpu.release',
      'policy.gpu.revocation',
      'policy.nvswitch.bios',
      'policy.nvswitch.revocation',
    ]);
  });

  it('of another model say which was wanted and which device it is', () => {
    const result = decided(tdx, ({ spec }) => {
      if (spec.evidence.gpu) {
        spec.evidence.gpu.models = [
          { chip: 'GB100', board: '1_2_3' },
          { chip: 'GB202', board: { skip: 'any board' } },
        ];
      }
    });
    expect(textOf(result, 'policy.gpu.model')).toMatch(
      /^want GB100 on 1_2_3 or GB202, got GH100 on \S+ \(device 0\)$/,
    );
  });
});

describe('the operator’s own machines', () => {
  it.each([
    ['TDX', tdx],
    ['SEV-SNP', challengedSnp],
  ] as const)('are not known of a %s bundle without a CPU', (_kind, whole) => {
    const pieces = { ...whole.pieces, cpu: undefined };
    const without = Object.defineProperty(Object.create(whole), 'pieces', { value: pieces });
    const result = decidedBy(policyFor(whole), without);
    expect(result.verdict).toBe('indeterminate');
    expect(codesOf(result)).toContain('unresolved:policy.deployment.identity');
  });

  it('are known by a register only together with the reference set', () => {
    const byRegister: PolicyEdit = ({ spec }) => {
      spec.deployment = { register: 'rtmr3', holds: 'the operator’s key' };
    };
    expect(codesOf(decided(tdx, byRegister))).toEqual([]);
    const result = decided(tdx, (policy) => {
      byRegister(policy);
      const [set] = (policy.spec.evidence.cpu as Editable<TdxRules>).referenceSets;
      if (set) {
        set.rtmr3 = 'ab'.repeat(48);
        delete set.recordedEvents;
      }
    });
    expect(codesOf(result)).toEqual([
      'fail:policy.tdx.rtmr3',
      'unresolved:policy.deployment.identity',
    ]);
  });
});

describe('reasons', () => {
  it('come failures first, and say what was wanted, what there is and why', () => {
    const result = decided(tdx, ({ metadata, spec }) => {
      metadata.lifecycle = { state: 'draft' };
      const { referenceSets } = spec.evidence.cpu as Editable<TdxRules>;
      const [set] = referenceSets;
      if (set) {
        set.mrOwner = 'ab'.repeat(48);
        delete set.recordedEvents;
      }
    });
    expect(result.reasons).toEqual([
      {
        code: 'policy.tdx.mr_owner',
        outcome: 'fail',
        path: 'quote.body.mr_owner',
        text: `want ${'ab'.repeat(48)}, got ${'00'.repeat(48)} (nearest reference set machine)`,
      },
      {
        code: 'policy.lifecycle',
        outcome: 'unresolved',
        path: 'policy.metadata.lifecycle',
        text: 'policy test is a draft: it is evaluated and admits nobody',
      },
    ]);
  });

  it('of pieces say which piece', () => {
    const { devices } = tdx.pieces;
    const bad = devices[0];
    const parts = tdx.parts.map((part) =>
      part === bad
        ? {
            ...part,
            verdict: 'reject' as const,
            checks: [
              {
                id: 'nvidia.report.nonce' as const,
                path: 'report.nonce',
                outcome: 'fail' as const,
                want: 'one',
                got: 'another',
              },
            ],
          }
        : part,
    );
    const changed = Object.defineProperty(Object.create(tdx), 'parts', { value: parts });
    const index = tdx.parts.indexOf(bad as never);
    expect(decidedBy(policyFor(tdx), changed).reasons).toEqual([
      {
        code: 'nvidia.report.nonce',
        outcome: 'fail',
        path: `parts[${index}].report.nonce`,
        text: 'want one, got another',
      },
    ]);
  });
});

describe('the table of reason codes', () => {
  it('has one that some machine can be refused by for each question of a policy', () => {
    expect(subjectOf(tdx).devices).toHaveLength(6);
    const asked = new Set(
      [decided(tdx), decided(challengedSnp)].flatMap(({ checks }) => checks.map(({ id }) => id)),
    );
    const never = Object.keys(POLICY_CHECKS).filter((id) => !asked.has(id as never));
    // A vTPM and an assertion: what the two machines' own policies do not ask.
    expect(never).toEqual(['policy.vtpm.quote', 'policy.vtpm.pcrs', 'policy.assertion']);
  });
});
