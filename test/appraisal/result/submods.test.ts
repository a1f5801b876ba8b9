import { describe, expect, it } from 'vitest';
import type { Appraisal } from '../../../src/appraisal/appraise/appraisal.ts';
import { earClaims } from '../../../src/appraisal/result/ear-claims.ts';
import { overallStatus, submodsOf } from '../../../src/appraisal/result/submods.ts';
import { aspectOf, trustVector } from '../../../src/appraisal/result/trust-vector.ts';
import { verifyVtpmOn } from '../../../src/appraisal/vtpm.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { anchorFromCertificate } from '../../../src/core/x509/anchors.ts';
import { snpClocksAt } from '../../../src/evidence/snp/input.ts';
import { verifySnp } from '../../../src/evidence/snp/verifier.ts';
import type { Check, CheckId } from '../../../src/evidence/verdict.ts';
import type { SnpSimulation } from '../../../src/simulator/snp/simulate.ts';
import { azureSnp } from '../../support/azure.ts';
import { verifiedBundle } from '../../support/bundle.ts';
import { context } from '../../support/ear.ts';
import { accepted, machine, simulated, under, verification } from '../../support/ear-decisions.ts';
import { decided, decidedBy, draftFor, policyFor } from '../../support/policy.ts';
import { NONCE, PCRS_JSON, quoted } from '../../support/tpm.ts';

/** Pieces by name, with those claims that say something. */
function said(appraisal: Appraisal) {
  return Object.fromEntries(
    submodsOf(appraisal).map(({ name, status, vector }) => [
      name,
      { status, ...Object.fromEntries(Object.entries(vector).filter(([, value]) => value !== 0)) },
    ]),
  );
}

/** The same decision with one answer changed, in the whole or in a piece. */
function answered(id: CheckId, change: object): Appraisal {
  const alter = (checks: readonly Check[]) =>
    checks.map((check) => (check.id === id ? ({ ...check, ...change } as Check) : check));
  return {
    ...accepted,
    checks: alter(accepted.checks),
    parts: accepted.parts.map((part) => ({ ...part, checks: alter(part.checks) })),
  };
}

const failed = { outcome: 'fail', want: 'a', got: 'b' };
const open = { outcome: 'unresolved', because: 'c' };

describe('the pieces of a machine', () => {
  it('claim what was looked at, and no more', () => {
    const known = {
      status: 'affirming',
      'instance-identity': 2,
      configuration: 2,
      executables: 3,
      hardware: 2,
    };
    const { cpu0, gpu1, nvswitch3 } = said(accepted);
    expect(cpu0).toEqual({ ...known, 'runtime-opaque': 2 });
    expect(gpu1).toEqual({ ...known, 'runtime-opaque': 2 });
    // A switch has no memory of anybody's.
    expect(nvswitch3).toEqual(known);
  });

  it('are nobody’s hardware under roots that are no vendor’s', () => {
    for (const piece of Object.values(said(simulated))) {
      expect(piece).toEqual({ status: 'warning', configuration: 2, executables: 3 });
    }
    expect(said({ ...simulated, anchors: 'custom' })['cpu0']).not.toHaveProperty('hardware');
  });

  it.each(['mrTd', 'rtmr1', 'rtmr2'] as const)(
    'claim no executables where the policy skips %s',
    (register) => {
      const skipping = under(
        decided(verification, ({ spec }) => {
          const { cpu } = spec.evidence;
          if (cpu.type !== 'intel-tdx') throw new Error('not TDX');
          for (const set of cpu.referenceSets) set[register] = { skip: 'not looked at here' };
        }),
      );
      expect(skipping.verdict).toBe('accept');
      expect(said(skipping)['cpu0']).not.toHaveProperty('executables');
      expect(said(skipping)['cpu0']?.status).toBe('affirming');
    },
  );

  it('hide no memory in a TD under DEBUG, nor in a GPU whose mode nobody looked at', () => {
    const debug = said(answered('tdx.td.debug', failed));
    expect(debug['cpu0']).toMatchObject({ status: 'contraindicated', configuration: 96 });
    expect(debug['cpu0']).not.toHaveProperty('runtime-opaque');
    const unread = said(answered('policy.gpu.mode', open));
    expect(unread['gpu0']).not.toHaveProperty('runtime-opaque');
    expect(unread['cpu0']).toHaveProperty('runtime-opaque', 2);
  });

  it('of hardware that nobody vouches for are not recognized', () => {
    const forged: Appraisal = {
      ...answered('tdx.quote.signature', failed),
      parts: answered('tdx.quote.signature', failed).parts.map((part) => ({
        ...part,
        authentic: false,
      })),
    };
    expect(said(forged)['cpu0']).toMatchObject({ status: 'contraindicated', hardware: 97 });
    expect(said(forged)['cpu0']).not.toHaveProperty('runtime-opaque');
  });

  it.each([
    ['tdx.td.debug', ['cpu0']],
    ['policy.tdx.rtmr1', ['cpu0']],
    ['nvidia.rim.vbios.match', ['gpu0', 'gpu1', 'nvswitch0']],
    ['policy.gpu.model', ['gpu0', 'gpu1']],
    ['policy.nvswitch.bios', ['nvswitch0']],
    ['policy.deployment.identity', ['cpu0']],
  ] as const)('are contraindicated by a failed %s, those that it is about', (id, names) => {
    const pieces = said(answered(id, failed));
    for (const name of names) expect(pieces[name]?.status).toBe('contraindicated');
    const others = Object.entries(pieces).filter(([name]) => !names.includes(name as never));
    for (const [, { status }] of others.filter(([name]) => !name.startsWith('nvswitch'))) {
      expect(status).toBe('affirming');
    }
    expect(overallStatus(accepted, submodsOf(answered(id, failed)))).toBe('contraindicated');
  });

  it.each([
    ['indeterminate', 'none'],
    ['reject', 'contraindicated'],
  ] as const)('are no better than what was said of them alone: %s', (verdict, status) => {
    const parts = accepted.parts.map((part, i) => (i === 1 ? { ...part, verdict } : part));
    const odd: Appraisal = { ...accepted, parts };
    expect(said(odd)['gpu0']?.status).toBe(status);
    expect(said(odd)['gpu1']?.status).toBe('affirming');
    expect(overallStatus(odd, submodsOf(odd))).toBe(status);
  });

  it('are one at least, however little can be read', () => {
    const nonsense = verifiedBundle(machine, utf8('{"nothing":true}'));
    const refusal = decidedBy(policyFor(verification), nonsense);
    expect(refusal.verdict).not.toBe('accept');
    const { submods, ear_status: status } = earClaims(under(refusal), context);
    expect(Object.keys(submods)).toEqual(['cpu0']);
    expect([status, submods['cpu0']?.ear_status]).toEqual(['contraindicated', 'contraindicated']);
  });
});

/** An Azure machine, decided about as if its roots were AMD's. */
async function azureMachine(
  fault: NonNullable<SnpSimulation['fault']> | undefined,
  relax: NonNullable<Parameters<typeof verifySnp>[0]['relax']>,
  vmpls: readonly number[] = [0],
): Promise<Appraisal> {
  const { made, hcl } = await azureSnp(fault === undefined ? {} : { fault });
  const evidence = verifySnp({
    report: made.report,
    ...(made.vek && { vek: made.vek }),
    chain: made.chain,
    at: snpClocksAt(made.at),
    anchors: [anchorFromCertificate(made.root, 'root')],
    relax,
  });
  const asked = { quote: quoted(), pcrs: PCRS_JSON, nonce: NONCE, at: made.at };
  const vtpm = verifyVtpmOn(evidence, { ...asked, hcl });
  const policy = draftFor(vtpm, ({ metadata, spec }) => {
    metadata.lifecycle = { state: 'active' };
    const { cpu } = spec.evidence;
    if (cpu.type !== 'amd-sev-snp') throw new Error('not SEV-SNP');
    cpu.crl = { skip: 'no list was published' };
    cpu.vmpl = [...vmpls] as typeof cpu.vmpl;
    spec.evidence.vtpm = { quote: 'require', pcrs: { skip: 'not looked at here' } };
  });
  return under(decidedBy(policy, vtpm));
}

describe('a vTPM', () => {
  it('is a piece beside the hardware that it rests on', async () => {
    const decision = await azureMachine(undefined, {});
    expect(decision.verdict).toBe('accept');
    const { submods, ear_status: status, postern } = earClaims(decision, context);
    expect(Object.keys(submods)).toEqual(['cpu0', 'vtpm0']);
    expect([status, submods['cpu0']?.ear_status, submods['vtpm0']?.ear_status]).toEqual([
      'affirming',
      'affirming',
      'affirming',
    ]);
    expect(postern.waived).toEqual([]);
  });
});

describe('what the verifier’s caller let pass', () => {
  const leave = { outcome: 'skipped', waived: true, because: 'allowed: type 37' };

  it('of the hardware below a vTPM is in the token, and affirmed nowhere', async () => {
    const decision = await azureMachine('platform_bit8', { platformInfoBits: [8] });
    expect(decision.verdict).toBe('accept');
    const { submods, ear_status: status, postern } = earClaims(decision, context);
    expect([status, submods['cpu0']?.ear_status]).toEqual(['warning', 'warning']);
    expect(submods['vtpm0']?.ear_status).toBe('affirming');
    expect(postern.waived).toEqual([
      {
        code: 'snp.platform_info.reserved',
        path: 'parts[0].report.platform_info',
        because: expect.stringContaining('relaxed by the caller: unknown bit 8'),
      },
    ]);
  });

  it('is no leave of the caller’s where the policy decides in its place', async () => {
    const decision = await azureMachine('vmpl_1', { vmpls: [1] }, [1]);
    expect(decision.parts[0]?.checks).toContainEqual(
      expect.objectContaining({ id: 'snp.report.vmpl', outcome: 'skipped' }),
    );
    expect(earClaims(decision, context).postern.waived).toEqual([]);
  });

  it('of devices is a warning about these, and about the whole', () => {
    const decision = answered('nvidia.opaque.known', leave);
    const pieces = said(decision);
    expect(pieces['gpu0']?.status).toBe('warning');
    expect(pieces['cpu0']?.status).toBe('affirming');
    const { ear_status: status, postern } = earClaims(decision, context);
    expect(status).toBe('warning');
    expect(postern.waived.length).toBeGreaterThan(0);
    expect(new Set(postern.waived.map(({ code }) => code))).toEqual(
      new Set(['nvidia.opaque.known']),
    );
  });

  it('is not what makes no sense of the evidence, nor what the policy skips', () => {
    const decision = answered('nvidia.opaque.known', { ...leave, waived: undefined });
    const { ear_status: status, postern } = earClaims(decision, context);
    expect([status, postern.waived]).toEqual(['affirming', []]);
  });
});

describe('a vector', () => {
  it('takes the longest beginning of an id', () => {
    expect(aspectOf('policy.snp.measurement')).toBe('executables');
    expect(aspectOf('policy.snp.min_tcb')).toBe('hardware');
    expect(aspectOf('something.else')).toBe('hardware');
  });

  it('of no answers claims nothing', () => {
    expect(Object.values(trustVector([], true)).every((value) => value === 0)).toBe(true);
  });

  it.each([
    ['open', open],
    ['failed', failed],
  ])('affirms nothing that is %s, whatever passed before or after', (_what, change) => {
    const pass: Check = { id: 'tdx.td.attributes', path: '', outcome: 'pass' };
    const other = { id: 'tdx.td.debug', path: '', ...change } as Check;
    for (const checks of [
      [pass, other],
      [other, pass],
    ]) {
      expect(trustVector(checks, true).configuration).toBe(other.outcome === 'fail' ? 96 : 0);
    }
  });
});
