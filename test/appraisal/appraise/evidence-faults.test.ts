import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { appraise } from '../../../src/appraisal/appraise/appraise.ts';
import { POLICY_CHECKS } from '../../../src/appraisal/appraise/checks.ts';
import { compilePolicy } from '../../../src/appraisal/appraise/compiled-policy.ts';
import type { BundlePieces, BundleVerification } from '../../../src/appraisal/bundle/verifier.ts';
import { readPolicy } from '../../../src/appraisal/policy/read-policy.ts';
import type { SnpRules } from '../../../src/appraisal/policy/schema/snp.ts';
import type { TdxRules } from '../../../src/appraisal/policy/schema/tdx.ts';
import type { Presence } from '../../../src/appraisal/policy/schema/values.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import type { NvidiaVerification } from '../../../src/evidence/nvidia/verifier.ts';
import type { SnpVerification } from '../../../src/evidence/snp/verifier.ts';
import type { TdxVerification } from '../../../src/evidence/tdx/verifier.ts';
import type { Check } from '../../../src/evidence/verdict.ts';
import {
  challenged,
  codesOf,
  decided,
  decidedBy,
  type Editable,
  policyFor,
  wholeMachine,
} from '../../support/policy.ts';

const tdx = challenged(await wholeMachine());
const snp = challenged(await wholeMachine({ cpu: 'snp' }));
const tdxPolicy = policyFor(tdx);
const snpPolicy = policyFor(snp);

/** Members of a verification, lazy claims left where they are. */
function like<T extends object>(original: T, changes: Partial<T>): T {
  const {
    claims: _lazy,
    endorsements: _hashed,
    ...own
  } = Object.getOwnPropertyDescriptors(original) as Record<string, PropertyDescriptor>;
  return Object.assign(Object.defineProperties({}, own), { claims: {} }, changes) as T;
}

function withPieces(verification: BundleVerification, pieces: Partial<BundlePieces>) {
  return like(verification, { pieces: { ...verification.pieces, ...pieces } });
}

function withCpu(
  verification: BundleVerification,
  changes: Partial<TdxVerification> | Partial<SnpVerification>,
) {
  const { cpu } = verification.pieces;
  if (cpu === undefined) throw new Error('a machine without a CPU');
  return withPieces(verification, { cpu: like(cpu, changes as never) });
}

function withDevices(
  verification: BundleVerification,
  kind: NvidiaVerification['evidence'],
  changes: (device: NvidiaVerification, i: number) => Partial<NvidiaVerification>,
) {
  const devices = verification.pieces.devices.map((device, i) =>
    device.evidence === kind ? like(device, changes(device, i)) : device,
  );
  return withPieces(verification, { devices });
}

/** The whole’s own checks with one answer changed. */
function withAnswer(verification: BundleVerification, id: string, outcome: 'unresolved' | 'none') {
  const checks = verification.checks.flatMap((check): readonly Check[] => {
    if (check.id !== id) return [check];
    return outcome === 'none'
      ? []
      : [{ id: check.id, path: check.path, outcome, because: 'changed' }];
  });
  return like(verification, { checks });
}

const cpuOf = (verification: BundleVerification) => verification.pieces.cpu as TdxVerification;
const reportOf = (verification: BundleVerification) =>
  (verification.pieces.cpu as SnpVerification).report ?? expect.fail('no report');

describe('evidence that is not as the policy wants it', () => {
  const behind = (status: string, advisories: readonly string[]) =>
    withCpu(tdx, { tcb: { status, advisories, date: '2025-01-01T00:00:00Z', endorsed: true } });

  it('policy.tdx.tcb_status: a status that is not accepted', () => {
    const result = decidedBy(tdxPolicy, behind('SWHardeningNeeded', []));
    expect(codesOf(result)).toEqual(['fail:policy.tdx.tcb_status']);
  });

  it('policy.tdx.tcb_status: Intel’s word did not verify', () => {
    const { tcb } = cpuOf(tdx);
    const result = decidedBy(
      tdxPolicy,
      withCpu(tdx, { tcb: { ...(tcb ?? expect.fail('no TCB')), endorsed: false } }),
    );
    expect(codesOf(result)).toEqual(['unresolved:policy.tdx.tcb_status']);
  });

  it('policy.tdx.advisories: one without an exception, one whose exception has ended', () => {
    const policy = policyFor(tdx, ({ spec }) => {
      const { tcb } = spec.evidence.cpu as Editable<TdxRules>;
      tcb.accept = ['SWHardeningNeeded'];
      tcb.advisories = [
        { id: 'INTEL-SA-00001', until: '2026-06-01T00:00:01Z', reason: 'mitigated in the guest' },
        { id: 'INTEL-SA-00002', until: '2026-06-01T00:00:00Z', reason: 'mitigated in the guest' },
      ];
    });
    const with_ = (...ids: string[]) => decidedBy(policy, behind('SWHardeningNeeded', ids));
    expect(codesOf(with_('INTEL-SA-00001'))).toEqual([]);
    expect(with_('INTEL-SA-00001').warnings).toEqual([
      'TCB status SWHardeningNeeded is put up with',
      'INTEL-SA-00001 is put up with until 2026-06-01T00:00:01Z: mitigated in the guest',
    ]);
    expect(codesOf(with_('INTEL-SA-00001', 'INTEL-SA-00002'))).toEqual([
      'fail:policy.tdx.advisories',
    ]);
    expect(codesOf(with_('INTEL-SA-00003'))).toEqual(['fail:policy.tdx.advisories']);
    expect(with_('INTEL-SA-00001')).toMatchObject({ until: '2026-06-01T00:00:01Z' });
  });

  it.each([
    ['icssd', 16],
    ['tpa', 62],
  ] as const)('policy.tdx.attributes: %s, of which the policy does not know', (name, position) => {
    const { quote } = cpuOf(tdx);
    if (quote === undefined) throw new Error('no quote');
    const tdAttributes = quote.body.tdAttributes.slice();
    tdAttributes[position >> 3] = (tdAttributes[position >> 3] ?? 0) | (1 << (position & 7));
    const changed = withCpu(tdx, { quote: { ...quote, body: { ...quote.body, tdAttributes } } });
    const saying = (presence: Presence) =>
      policyFor(tdx, ({ spec }) => {
        const { attributes } = spec.evidence.cpu as Editable<TdxRules>;
        attributes[name] = presence;
      });
    const refused = ['fail:policy.tdx.attributes'];
    expect(codesOf(decidedBy(tdxPolicy, changed))).toEqual(refused);
    expect(codesOf(decidedBy(saying('forbid'), changed))).toEqual(refused);
    expect(codesOf(decidedBy(saying('any'), changed))).toEqual([]);
    expect(codesOf(decidedBy(saying('require'), changed))).toEqual([]);
    expect(codesOf(decidedBy(saying('require'), tdx))).toEqual(refused);
  });

  it('policy.tdx.module_version: what runs now counts beside what was launched', () => {
    const { quote } = cpuOf(tdx);
    if (quote === undefined) throw new Error('no quote');
    const td15 = { teeTcbSvn2: new Uint8Array([5, 1]), mrServiceTd: new Uint8Array(48) };
    const updated = withCpu(tdx, { quote: { ...quote, body: { ...quote.body, td15 } } });
    expect(codesOf(decidedBy(tdxPolicy, updated))).toContain('fail:policy.tdx.module_version');
  });

  it('policy.snp.provisional_firmware: committed below current', () => {
    const report = { ...reportOf(snp), committedTcb: new Uint8Array(8) };
    expect(codesOf(decidedBy(snpPolicy, withCpu(snp, { report })))).toEqual([
      'fail:policy.snp.provisional_firmware',
    ]);
    const allowed = policyFor(snp, ({ spec }) => {
      (spec.evidence.cpu as Editable<SnpRules>).provisionalFirmware = 'allow';
    });
    expect(codesOf(decidedBy(allowed, withCpu(snp, { report })))).toEqual([]);
  });

  it.each(['launch', 'committed', 'current'] as const)(
    'policy.snp.min_tcb: of %s, where it applies',
    (which) => {
      const report = { ...reportOf(snp), [`${which}Tcb`]: new Uint8Array(8) };
      const rules = (applies: readonly string[]) =>
        policyFor(snp, ({ spec }) => {
          const cpu = spec.evidence.cpu as Editable<SnpRules>;
          cpu.tcbAppliesTo = [...applies] as typeof cpu.tcbAppliesTo;
          cpu.provisionalFirmware = 'allow';
        });
      const lowered = withCpu(snp, { report });
      expect(codesOf(decidedBy(rules(['reported', which]), lowered))).toEqual([
        'fail:policy.snp.min_tcb',
      ]);
      expect(codesOf(decidedBy(rules(['reported']), lowered))).toEqual([]);
    },
  );

  it('policy.snp.bulletins: below the fix, and undecided', () => {
    const wants = policyFor(snp, ({ spec }) => {
      (spec.evidence.cpu as Editable<SnpRules>).bulletins = ['AMD-SB-3015'];
    });
    expect(codesOf(decidedBy(wants, snp))).toEqual([]);
    const old = withCpu(snp, { report: { ...reportOf(snp), reportedTcb: new Uint8Array(8) } });
    expect(codesOf(decidedBy(wants, old))).toEqual([
      'fail:policy.snp.min_tcb',
      'fail:policy.snp.bulletins',
    ]);
  });

  it('policy.snp.revocation: no list', () => {
    const result = decidedBy(snpPolicy, withCpu(snp, { revocation: 'unchecked' }));
    expect(codesOf(result)).toEqual(['unresolved:policy.snp.revocation']);
  });

  it.each(['gpu', 'nvswitch'] as const)('policy.%s.revocation: one device unchecked', (kind) => {
    const evidence = kind === 'gpu' ? 'nvidia-gpu' : 'nvidia-switch';
    let first = true;
    const some = withDevices(tdx, evidence, () => {
      const change = first ? { revocation: 'unchecked' as const } : {};
      first = false;
      return change;
    });
    expect(codesOf(decidedBy(tdxPolicy, some))).toEqual([`unresolved:policy.${kind}.revocation`]);
  });

  it.each(['gpu', 'nvswitch'] as const)(
    'policy.%s.distinct: one device stands in for two',
    (kind) => {
      const evidence = kind === 'gpu' ? 'nvidia-gpu' : 'nvidia-switch';
      const [identity] = tdx.pieces.devices
        .filter((device) => device.evidence === evidence)
        .map((device) => device.identity);
      const twice = withDevices(tdx, evidence, () => ({ identity }));
      expect(codesOf(decidedBy(tdxPolicy, twice))).toEqual([`fail:policy.${kind}.distinct`]);
    },
  );

  it('policy.gpu.challenge and policy.nvswitch.challenge: the nonce is not shown to be derived', () => {
    const result = decidedBy(tdxPolicy, withAnswer(tdx, 'bundle.binding.device_nonce', 'none'));
    expect(codesOf(result)).toEqual([
      'unresolved:policy.gpu.challenge',
      'unresolved:policy.nvswitch.challenge',
    ]);
  });

  it.each(['mode', 'distinct', 'switch_pdi', 'switches', 'gpus'])(
    'policy.composite.topology: nvidia.topology.%s was not asked',
    (name) => {
      const result = decidedBy(tdxPolicy, withAnswer(tdx, `nvidia.topology.${name}`, 'none'));
      expect(codesOf(result)).toEqual(['unresolved:policy.composite.topology']);
    },
  );

  it.each(['bundle.nonce', 'bundle.binding.report_data'])(
    'policy.binding.challenge: %s was not asked',
    (id) => {
      const result = decidedBy(tdxPolicy, withAnswer(tdx, id, 'none'));
      expect(codesOf(result)).toEqual(['unresolved:policy.binding.challenge']);
    },
  );

  it('policy.evidence.kind: another kind of CPU, or none', () => {
    expect(codesOf(decidedBy(tdxPolicy, snp))[0]).toBe('fail:policy.evidence.kind');
    expect(codesOf(decidedBy(snpPolicy, tdx))[0]).toBe('fail:policy.evidence.kind');
    const none = decidedBy(tdxPolicy, withPieces(tdx, { cpu: undefined }));
    expect(codesOf(none)).toContain('unresolved:policy.evidence.kind');
    expect(none.verdict).toBe('indeterminate');
  });

  it('policy.workload.weights: of a quote that is not authentic nothing is believed', () => {
    const result = decidedBy(tdxPolicy, withCpu(tdx, { authentic: false }));
    expect(codesOf(result)).toContain('unresolved:policy.workload.weights');
  });

  it('policy.deployment.identity: a chip that does not say who it is', () => {
    const result = decidedBy(tdxPolicy, withCpu(tdx, { pck: undefined }));
    expect(codesOf(result)).toContain('unresolved:policy.deployment.identity');
  });
});

describe('what the verifier has found', () => {
  it('stays, whatever the policy says: a bundle that is wrong is never accepted', () => {
    for (const besideCpu of ['reject', 'indeterminate'] as const) {
      expect(decidedBy(tdxPolicy, withPieces(tdx, { besideCpu })).verdict).toBe(besideCpu);
    }
    for (const verdict of ['reject', 'indeterminate'] as const) {
      expect(decidedBy(tdxPolicy, withCpu(tdx, { verdict })).verdict).toBe(verdict);
    }
  });

  const answered = (id: Check['id']): Check => ({
    id,
    path: 'quote',
    outcome: 'fail',
    want: 'UpToDate',
    got: 'OutOfDate',
  });
  const outOfDate = (more: readonly Check[] = []) => {
    const { checks, tcb } = cpuOf(tdx);
    const changed = checks.map((check) =>
      check.id === 'tdx.tcb.status' ? answered('tdx.tcb.status') : check,
    );
    return withCpu(tdx, {
      verdict: 'reject',
      checks: [...changed, ...more],
      tcb: { ...(tcb ?? expect.fail('no TCB')), status: 'OutOfDate' },
    });
  };
  const putsUp = policyFor(tdx, ({ spec }) => {
    (spec.evidence.cpu as Editable<TdxRules>).tcb.accept = ['UpToDate', 'OutOfDate'];
  });

  it('gives way in the TCB status alone, and says where the policy decides', () => {
    const result = decidedBy(putsUp, outOfDate());
    expect(result.verdict).toBe('accept');
    const [cpu] = result.parts;
    expect(result.reasons).toEqual([]);
    expect(cpu?.evidence).toBe('tdx');
  });

  it('does not give way in anything else', () => {
    const result = decidedBy(putsUp, outOfDate([answered('tdx.td.debug')]));
    expect(result.verdict).toBe('reject');
  });

  it('does not give way to a policy that does not accept the status', () => {
    expect(codesOf(decidedBy(tdxPolicy, outOfDate()))).toEqual(['fail:policy.tdx.tcb_status']);
  });

  it('wants every baseline question of the CPU to have been asked', () => {
    const { checks } = cpuOf(outOfDate());
    const without = checks.filter(({ id }) => id !== 'tdx.quote.signature');
    const result = decidedBy(
      putsUp,
      withCpu(tdx, { ...outOfDate().pieces.cpu, checks: without } as never),
    );
    expect(result.verdict).toBe('indeterminate');
  });
});

describe('reference sets', () => {
  const cpu = (policy: Editable<typeof tdxPolicy>) =>
    policy.spec.evidence.cpu as Editable<TdxRules>;
  const another = 'ab'.repeat(48);

  it('are whole: registers of two sets never add up to one', () => {
    const result = decided(tdx, (policy) => {
      const [own] = cpu(policy).referenceSets;
      if (own === undefined) throw new Error('no set');
      const { recordedEvents: _none, ...set } = own;
      cpu(policy).referenceSets = [
        { ...set, id: 'kernel', rtmr1: another },
        { ...set, id: 'firmware', mrTd: another },
      ];
    });
    expect(result.verdict).toBe('reject');
    expect(result.nearest).toMatchObject({
      id: 'kernel',
      differs: ['rtmr1'],
      equal: 7,
      compared: 8,
    });
  });

  it('a revoked one goes before one that would admit', () => {
    const result = decided(tdx, (policy) => {
      const [own] = cpu(policy).referenceSets;
      if (own === undefined) throw new Error('no set');
      const { recordedEvents: _none, ...set } = own;
      cpu(policy).referenceSets = [
        set,
        {
          ...set,
          id: 'recalled',
          rtmr3: { skip: 'whatever the workload' },
          lifecycle: {
            state: 'revoked',
            revokedAt: '2026-01-01T00:00:00Z',
            reason: 'a leaked key',
          },
        },
      ];
    });
    expect(codesOf(result)).toEqual(['fail:policy.reference_set.lifecycle']);
    expect(result.policy.referenceSet).toBe('recalled');
  });

  it('one in force goes before a draft and one past its sunset', () => {
    const result = decided(tdx, (policy) => {
      const [own] = cpu(policy).referenceSets;
      if (own === undefined) throw new Error('no set');
      const { recordedEvents: _none, ...set } = own;
      cpu(policy).referenceSets = [
        {
          ...set,
          id: 'old',
          rtmr0: { skip: 'any shape' },
          lifecycle: { state: 'deprecated', sunset: '2026-01-01T00:00:00Z' },
        },
        { ...set, id: 'next', rtmr1: { skip: 'any kernel' }, lifecycle: { state: 'draft' } },
        set,
      ];
    });
    expect([result.verdict, result.policy.referenceSet]).toEqual(['accept', 'machine']);
  });

  it('a deprecated one admits with a warning, and no longer than its sunset', () => {
    const result = decided(tdx, (policy) => {
      const [set] = cpu(policy).referenceSets;
      if (set)
        set.lifecycle = {
          state: 'deprecated',
          sunset: '2026-06-01T00:00:10Z',
          reason: 'a new kernel',
        };
    });
    expect(result).toMatchObject({
      verdict: 'accept',
      until: '2026-06-01T00:00:10Z',
      warnings: [
        'reference set machine is deprecated and admits until 2026-06-01T00:00:10Z: a new kernel',
      ],
    });
  });

  it('tell the first event that departs, where the log replays', () => {
    const result = decided(tdx, (policy) => {
      const [set] = cpu(policy).referenceSets;
      const recorded = set?.recordedEvents?.rtmr1;
      if (!set || !recorded) throw new Error('no record');
      // The registers of another kernel: the first event is another, the rest the same.
      recorded[0] = { digest: another, says: 'kernel of the release' };
      set.rtmr1 = replayed(recorded.map(({ digest }) => digest));
    });
    expect(result.nearest?.departs).toMatch(
      /^event 0 of rtmr1: recorded is kernel of the release, measured was [0-9a-f]{96} EV_EFI_BOOT_SERVICES_APPLICATION/,
    );
  });
});

function replayed(digests: readonly string[]): string {
  let value = Buffer.alloc(48);
  for (const digest of digests) {
    value = createHash('sha384').update(value).update(Buffer.from(digest, 'hex')).digest();
  }
  return value.toString('hex');
}

describe('stories of a register', () => {
  const digestOf = (name: string) => {
    const event = cpuOf(tdx).eventLog?.log.events.find((one) => one.name === name);
    return Buffer.from(event?.digest ?? []).toString('hex');
  };
  const told = (
    rules: readonly {
      event: string;
      digests: string[];
      occurs: 'once' | 'at-least-once' | 'at-most-once';
    }[],
    otherEvents: 'allow' | 'forbid' = 'allow',
  ) =>
    decided(tdx, ({ spec }) => {
      const [set] = (spec.evidence.cpu as Editable<TdxRules>).referenceSets;
      if (set === undefined) throw new Error('no set');
      set.rtmr3 = { eventLog: [...rules], otherEvents };
      delete set.recordedEvents;
    });
  const compose = () => ({
    event: 'compose-hash',
    digests: [digestOf('compose-hash')],
    occurs: 'once' as const,
  });

  it('fits where the event is there once, whatever else is', () => {
    expect(codesOf(told([compose()]))).toEqual([]);
  });

  it('fails where others may not be', () => {
    expect(codesOf(told([compose()], 'forbid'))).toEqual(['fail:policy.tdx.rtmr3']);
  });

  it('fails where the event has another content', () => {
    const rule = {
      event: 'compose-hash',
      digests: ['cd'.repeat(48)],
      occurs: 'at-most-once' as const,
    };
    expect(codesOf(told([rule]))).toEqual(['fail:policy.tdx.rtmr3']);
  });

  it('fails where the event is missing', () => {
    const rule = { event: 'never', digests: ['cd'.repeat(48)], occurs: 'at-least-once' as const };
    expect(codesOf(told([rule]))).toEqual(['fail:policy.tdx.rtmr3']);
  });

  it('stays open without a log, and with one that does not replay', () => {
    const policy = policyFor(tdx, ({ spec }) => {
      const [set] = (spec.evidence.cpu as Editable<TdxRules>).referenceSets;
      if (set === undefined) throw new Error('no set');
      set.rtmr3 = { eventLog: [compose()], otherEvents: 'allow' };
      delete set.recordedEvents;
      spec.workload.weightsSha256 = { skip: 'told by the log as well' };
    });
    expect(codesOf(decidedBy(policy, withCpu(tdx, { eventLog: undefined })))).toEqual([
      'unresolved:policy.tdx.rtmr3',
    ]);
    const { eventLog } = cpuOf(tdx);
    const comparisons = (eventLog?.comparisons ?? []).map((one) =>
      one.register === 3 ? { ...one, outcome: 'different' as const } : one,
    );
    const other = withCpu(tdx, { eventLog: eventLog && { ...eventLog, comparisons } });
    expect(codesOf(decidedBy(policy, other))).toEqual(['unresolved:policy.tdx.rtmr3']);
  });
});

describe('policy.assertion', () => {
  const asserted = (cel: string, enforce: 'deny' | 'warn' = 'deny') =>
    decided(tdx, ({ spec }) => {
      spec.assertions = [{ id: 'ONE_DRIVER', cel, message: 'all GPUs run one driver', enforce }];
    });

  it('holds where it is strictly true', () => {
    expect(
      codesOf(asserted('gpu.all(g, g.driver == gpu[0].driver) && size(nvswitch) == 4')),
    ).toEqual([]);
  });

  it.each([
    ["cpu.tcbStatus == 'OutOfDate'", 'false'],
    ["cpu.product == 'milan'", /^error: /],
    ['cpu.tcbStatus', 'error: it is neither true nor false'],
  ])('%s denies', (cel, got) => {
    const result = asserted(cel);
    expect(codesOf(result)).toEqual(['fail:policy.assertion']);
    const answer = result.checks.find(({ id }) => id === 'policy.assertion');
    expect(answer).toMatchObject({
      path: 'policy.spec.assertions.ONE_DRIVER',
      want: 'all GPUs run one driver',
      got: typeof got === 'string' ? got : expect.stringMatching(got),
    });
  });

  it('only warns where that is all it should', () => {
    const result = asserted("cpu.tcbStatus == 'OutOfDate'", 'warn');
    expect([result.verdict, result.warnings]).toEqual([
      'accept',
      ['ONE_DRIVER: all GPUs run one driver (false)'],
    ]);
  });

  it('speaks of SEV-SNP as well', () => {
    const result = decided(snp, ({ spec }) => {
      spec.assertions = [
        {
          id: 'SNP_FACTS',
          cel: "cpu.type == 'amd-sev-snp' && cpu.vmpl == 0 && cpu.reportedTcb.snp >= 1 && !cpu.guestPolicy.debug && now > timestamp('2026-01-01T00:00:00Z') && 'ohttp' in binding.keys",
          message: 'what is known of a report',
          enforce: 'deny',
        },
      ];
    });
    expect(codesOf(result)).toEqual([]);
  });
});

describe('a decision', () => {
  it('is the same for the same input, and for devices in another order', () => {
    const policy = compilePolicy(readPolicy(utf8(JSON.stringify(tdxPolicy))));
    const now = Date.parse(tdx.at);
    const [once, again] = [appraise(tdx, policy, now), appraise(tdx, policy, now)];
    expect(again.checks).toEqual(once.checks);
    const devices = tdx.pieces.devices.toReversed();
    expect(decidedBy(tdxPolicy, withPieces(tdx, { devices })).verdict).toBe('accept');
  });

  it('ends with resultTtl at the latest', () => {
    expect(decided(tdx)).toMatchObject({ until: '2026-06-01T00:15:00Z' });
    // To the second, whatever the clock says: longer than that it never holds.
    const now = Date.parse(tdx.at) + 1234;
    expect(decided(tdx, undefined, now)).toMatchObject({ until: '2026-06-01T00:15:01Z' });
  });

  it('ends no later than what was verified, and rests on the same', () => {
    const result = decided(tdx, ({ spec }) => {
      spec.freshness.resultTtl = '30d';
    });
    expect(result).toMatchObject({ verdict: 'accept', until: tdx.until });
    expect(tdx.until).toBe('2026-06-01T12:00:00Z');
    expect(result.endorsements).toEqual(tdx.endorsements);
    expect(result.parts.map(({ until }) => until)).toEqual(tdx.parts.map(({ until }) => until));
  });

  it('carries what the operator says apart from what is proven', () => {
    const result = decided(tdx, ({ metadata }) => {
      metadata.labels = { region: 'eu-west' };
    });
    expect(result.labels).toEqual({ region: 'eu-west' });
    expect(JSON.stringify(result.claims)).not.toContain('eu-west');
  });

  it('has an answer of its own for every question, and only from the table', () => {
    const result = decided(tdx);
    const own = result.checks.map(({ id }) => id).filter((id) => id.startsWith('policy.'));
    expect(own.filter((id) => !Object.hasOwn(POLICY_CHECKS, id))).toEqual([]);
    expect(new Set(own).size).toBe(own.length);
  });
});
