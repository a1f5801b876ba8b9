import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lintPolicy } from '../../../src/appraisal/policy/lint.ts';
import { readPolicy } from '../../../src/appraisal/policy/read-policy.ts';
import type { Policy } from '../../../src/appraisal/policy/schema/policy.ts';
import type { SnpRules } from '../../../src/appraisal/policy/schema/snp.ts';
import type { TdxRules } from '../../../src/appraisal/policy/schema/tdx.ts';
import type { Bindings } from '../../../src/appraisal/policy/schema/whole.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import type { Editable, PolicyEdit } from '../../support/policy.ts';

const FOLDER = join(import.meta.dirname, '../../../policies');
const CPU = 'spec.evidence.cpu';
const SKIP = { skip: 'for the sake of a test' };

const tdxOf = ({ spec }: Editable<Policy>) => spec.evidence.cpu as Editable<TdxRules>;
const snpOf = ({ spec }: Editable<Policy>) => spec.evidence.cpu as Editable<SnpRules>;
const bindingsOf = ({ spec }: Editable<Policy>) => spec.bindings as Editable<Bindings>;
const setOf = (policy: Editable<Policy>) =>
  tdxOf(policy).referenceSets[0] ?? expect.fail('no reference set');

function edited(policy: Policy, edit: PolicyEdit): Policy {
  const copy = JSON.parse(JSON.stringify(policy)) as Editable<Policy>;
  edit(copy);
  return readPolicy(utf8(JSON.stringify(copy))).policy;
}

const shipped = (name: string) =>
  readPolicy(new Uint8Array(readFileSync(join(FOLDER, `${name}.yaml`)))).policy;

/** Policies about which nothing is to be said. */
const quiet = {
  tdx: edited(shipped('tdx-8xh200-4nvswitch'), (policy) => {
    setOf(policy).provenance = { kind: 'calculated' };
    policy.spec.logHygiene.commandLine = { forbid: ['console=*'], require: [] };
  }),
  snp: edited(shipped('snp-ssh-host'), (policy) => {
    for (const set of snpOf(policy).referenceSets) set.provenance = { kind: 'vendor-signed' };
    snpOf(policy).crl = 'require';
    policy.spec.workload.agentConfigSha256 = ['a'.repeat(64)];
  }),
};

const adviceOn = (policy: Policy, at?: number) =>
  lintPolicy(policy, at).map(({ path, problem }) => `${path}: ${problem}`);

const OVER = Date.parse('2026-06-01T00:00:00Z');

describe('advice, word by word,', () => {
  it.each<readonly [string, keyof typeof quiet, PolicyEdit, readonly string[]]>([
    ['on nothing of TDX', 'tdx', () => undefined, []],
    ['on nothing of SEV-SNP', 'snp', () => undefined, []],
    [
      'on a draft',
      'tdx',
      ({ metadata }) => {
        metadata.lifecycle = { state: 'draft' };
      },
      ['metadata.lifecycle: a draft is evaluated and admits nobody'],
    ],
    [
      'on sets that admit nobody, whose values are nobody’s business',
      'tdx',
      (policy) => {
        setOf(policy).lifecycle = { state: 'draft' };
        setOf(policy).provenance = { kind: 'observed' };
      },
      [`${CPU}.referenceSets: no set admits anything: each is a draft or revoked`],
    ],
    [
      'on no set that is deprecated',
      'tdx',
      (policy) => {
        setOf(policy).lifecycle = { state: 'deprecated', sunset: '2030-01-01T00:00:00Z' };
        delete setOf(policy).provenance;
      },
      [],
    ],
    [
      'on values without an origin',
      'tdx',
      (policy) => {
        delete setOf(policy).provenance;
      },
      [`${CPU}.referenceSets[0].provenance: is missing: where do these values come from?`],
    ],
    [
      'on values that were observed',
      'tdx',
      (policy) => {
        setOf(policy).provenance = { kind: 'observed' };
      },
      [
        `${CPU}.referenceSets[0].provenance: the values were observed on a machine: nobody has said that they are right`,
      ],
    ],
    [
      'on a set behind two others, naming the first',
      'tdx',
      (policy) => {
        const { referenceSets } = tdxOf(policy);
        const own = setOf(policy);
        referenceSets.push({ ...own, id: 'b', rtmr1: SKIP }, { ...own, id: 'c', rtmr0: SKIP });
      },
      [
        `${CPU}.referenceSets[0]: decides nothing: ${CPU}.referenceSets[1] skips what tells them apart`,
      ],
    ],
    [
      'on a set that two skips put behind one of them',
      'tdx',
      (policy) => {
        const own = setOf(policy);
        const open = { ...own, rtmr1: SKIP };
        tdxOf(policy).referenceSets = [
          { ...open, id: 'b' },
          { ...open, id: 'c', rtmr0: { skip: 'for another reason' } },
        ];
      },
      [
        `${CPU}.referenceSets[0]: decides nothing: ${CPU}.referenceSets[1] skips what tells them apart`,
      ],
    ],
    [
      'on no set that a draft or a revoked one would cover, nor on one that is revoked',
      'tdx',
      (policy) => {
        const own = setOf(policy);
        const at = '2026-01-01T00:00:00Z';
        const revoked = { state: 'revoked' as const, revokedAt: at, reason: 'a leaked key' };
        tdxOf(policy).referenceSets.push(
          { ...own, id: 'b', rtmr1: SKIP, lifecycle: { state: 'draft' } },
          { ...own, id: 'c', rtmr0: SKIP, lifecycle: revoked },
          { ...own, id: 'd', mrOwner: SKIP, rtmr0: 'a'.repeat(96) },
          { ...own, id: 'e', mrOwner: '1'.repeat(96), rtmr0: 'a'.repeat(96), lifecycle: revoked },
        );
      },
      [],
    ],
    [
      'on anybody’s machine',
      'tdx',
      ({ spec }) => {
        spec.deployment = SKIP;
      },
      ['spec.deployment: is skipped: anybody’s genuine machine that runs this software fits'],
    ],
    [
      'on known weaknesses',
      'tdx',
      (policy) => {
        tdxOf(policy).tcb.accept = ['UpToDate', 'OutOfDate', 'OutOfDateConfigurationNeeded'];
      },
      [
        `${CPU}.tcb.accept: OutOfDate, OutOfDateConfigurationNeeded: platforms with known weaknesses get in, as far as the advisories are excepted`,
      ],
    ],
    [
      'on firmware that nobody knows',
      'tdx',
      (policy) => {
        setOf(policy).mrTd = SKIP;
      },
      [
        `${CPU}.referenceSets[0].mrTd: is skipped: firmware that nobody knows can extend the RTMRs to any values it likes`,
      ],
    ],
    [
      '#VE',
      'tdx',
      (policy) => {
        tdxOf(policy).attributes.septVeDisable = 'forbid';
      },
      [
        `${CPU}.attributes.septVeDisable: without it the host can send #VE exceptions for the guest’s own pages (Azure’s paravisor has it clear)`,
      ],
    ],
    [
      'on a command line that is not looked at',
      'tdx',
      ({ spec }) => {
        spec.logHygiene.commandLine = SKIP;
      },
      ['spec.logHygiene.commandLine: is skipped: a kernel console may be the host’s to read'],
    ],
    [
      'on another VMPL',
      'snp',
      (policy) => {
        snpOf(policy).vmpl = [0, 1];
      },
      [`${CPU}.vmpl: below VMPL 0 something else in the guest can have asked for the report`],
    ],
    [
      'on a TCB that nothing vouches for',
      'snp',
      (policy) => {
        snpOf(policy).tcbAppliesTo = ['current'];
      },
      [
        `${CPU}.tcbAppliesTo: leaves out reported, the TCB whose key signs the report: the others are the firmware’s own word`,
      ],
    ],
    [
      'on a CRL that is not looked at',
      'snp',
      (policy) => {
        snpOf(policy).crl = SKIP;
      },
      [`${CPU}.crl: is skipped: a revoked ASK goes unnoticed`],
    ],
    [
      'on firmware that can be taken back',
      'snp',
      (policy) => {
        snpOf(policy).provisionalFirmware = 'allow';
      },
      [
        `${CPU}.provisionalFirmware: firmware that is not committed can be rolled back by the machine’s owner`,
      ],
    ],
    [
      'on no keys at all, and no more',
      'tdx',
      ({ spec }) => {
        spec.bindings = SKIP;
        spec.workload.agentConfigSha256 = SKIP;
      },
      ['spec.bindings: is skipped: the evidence vouches for no key, and anybody can relay it'],
    ],
    [
      'on a recording',
      'tdx',
      (policy) => {
        bindingsOf(policy).challenge = SKIP;
      },
      ['spec.bindings.challenge: is skipped: a recording will do'],
    ],
    [
      'on any purpose',
      'tdx',
      (policy) => {
        bindingsOf(policy).purposes = SKIP;
      },
      [
        'spec.bindings.purposes: is skipped: evidence that one party asked for can be shown to another',
      ],
    ],
    [
      'on any configuration',
      'tdx',
      ({ spec }) => {
        spec.workload.agentConfigSha256 = SKIP;
      },
      [
        'spec.workload.agentConfigSha256: is skipped: an agent may pass prompts on to wherever it was told',
      ],
    ],
    [
      'on no configuration where nothing binds any',
      'tdx',
      (policy) => {
        policy.spec.workload.agentConfigSha256 = SKIP;
        bindingsOf(policy).recipes = ['lium-ssh-v2'];
      },
      [],
    ],
    [
      'on OCSP that is not asked',
      'tdx',
      ({ spec }) => {
        if (spec.evidence.gpu) spec.evidence.gpu.ocsp = SKIP;
        if (spec.evidence.nvswitch) spec.evidence.nvswitch.ocsp = SKIP;
      },
      [
        'spec.evidence.gpu.ocsp: is skipped: a revoked GPU goes unnoticed',
        'spec.evidence.nvswitch.ocsp: is skipped: a revoked switch goes unnoticed',
      ],
    ],
    ...(
      [
        [{ exactly: 1 }, false],
        [{ exactly: 2 }, true],
        [{ min: 1, max: 1 }, false],
        [{ min: 1, max: 2 }, true],
      ] as const
    ).map(
      ([count, advised]) =>
        [
          `on NVLink in the clear: ${JSON.stringify(count)}`,
          'tdx',
          ({ spec }: Editable<Policy>) => {
            if (spec.evidence.gpu) spec.evidence.gpu.modes = ['spt'];
            if (spec.composite.gpu) spec.composite.gpu.count = count;
          },
          advised
            ? [
                'spec.evidence.gpu.modes: spt is of one GPU: between several, NVLink is in the clear',
              ]
            : [],
        ] as const,
    ),
    [
      'on no mode that encrypts',
      'tdx',
      ({ spec }) => {
        if (spec.evidence.gpu) spec.evidence.gpu.modes = ['mpt'];
        delete spec.evidence.nvswitch;
        delete spec.composite.nvswitch;
      },
      [],
    ],
    [
      'on protected PCIe without switches',
      'tdx',
      ({ spec }) => {
        delete spec.evidence.nvswitch;
        delete spec.composite.nvswitch;
      },
      [
        'spec.evidence.gpu.modes: ppcie encrypts no NVLink: the switches must be attested as well (spec.evidence.nvswitch)',
      ],
    ],
    [
      'on anybody’s GPUs',
      'tdx',
      ({ spec }) => {
        if (spec.composite.gpu) spec.composite.gpu.sameChallengeAs = SKIP;
      },
      ['spec.composite.gpu.sameChallengeAs: is skipped: the GPUs may be anybody’s'],
    ],
    [
      'on what is over',
      'tdx',
      (policy) => {
        const until = '2026-06-01T00:00:00Z';
        policy.metadata.lifecycle = { state: 'deprecated', sunset: until };
        setOf(policy).lifecycle = { state: 'deprecated', sunset: until };
        tdxOf(policy).tcb.advisories = [
          { id: 'INTEL-SA-00001', until: '2026-06-01T00:00:01Z', reason: 'for a test' },
          { id: 'INTEL-SA-00002', until, reason: 'for a test' },
        ];
      },
      [
        'metadata.lifecycle.sunset: is over: this admits nobody any more',
        `${CPU}.referenceSets[0].lifecycle.sunset: is over: this admits nobody any more`,
        `${CPU}.tcb.advisories[1].until: is over: INTEL-SA-00002 is no exception any more`,
      ],
    ],
    [
      'on a set of SEV-SNP that is over',
      'snp',
      (policy) => {
        const [, second] = snpOf(policy).referenceSets;
        if (second) second.lifecycle = { state: 'deprecated', sunset: '2026-05-01T00:00:00Z' };
      },
      [`${CPU}.referenceSets[1].lifecycle.sunset: is over: this admits nobody any more`],
    ],
  ])('%s', (_what, kind, edit, advice) => {
    const policy = edited(quiet[kind], edit);
    expect(adviceOn(policy, OVER)).toEqual(advice);
    expect(adviceOn(policy)).toEqual(advice.filter((one) => !one.includes('is over')));
  });
});

it('advice names a member that an assertion misspells, and no other', () => {
  const assertion = (id: string, cel: string) => ({
    id,
    cel,
    message: 'for a test',
    enforce: 'deny' as const,
  });
  const policy = edited(quiet.tdx, ({ spec }) => {
    spec.assertions = [
      assertion('RIGHT', "cpu.tcbStatus == 'UpToDate'"),
      assertion('WRONG', "!has(cpu.tbcStatus) || cpu.tcbStatus == 'UpToDate'"),
    ];
  });
  expect(adviceOn(policy)).toEqual([
    'spec.assertions[1].cel: cpu has no member tbcStatus: did you mean tcbStatus?',
  ]);
});
