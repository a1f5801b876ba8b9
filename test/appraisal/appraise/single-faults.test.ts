import { describe, expect, it } from 'vitest';
import type { PolicyCheckId } from '../../../src/appraisal/appraise/checks.ts';
import type { Policy } from '../../../src/appraisal/policy/schema/policy.ts';
import type { SnpRules } from '../../../src/appraisal/policy/schema/snp.ts';
import type { TdxReferenceSet, TdxRules } from '../../../src/appraisal/policy/schema/tdx.ts';
import {
  challenged,
  codesOf,
  decided,
  type Editable,
  type PolicyEdit,
  wholeMachine,
} from '../../support/policy.ts';

const tdx = challenged(await wholeMachine());
const snp = challenged(await wholeMachine({ cpu: 'snp' }));
const NOW = Date.parse(tdx.at);

type Row = readonly [
  id: PolicyCheckId,
  what: string,
  edit: PolicyEdit,
  codes: readonly string[] | undefined,
];
type Given = readonly [PolicyCheckId, string, PolicyEdit, (readonly string[])?];

/** What fails is the one that the row is about, unless it says otherwise. */
function rows(...given: readonly Given[]): readonly Row[] {
  return given.map(([id, what, edit, codes]) => [id, what, edit, codes ?? [`fail:${id}`]]);
}

type Spec = Editable<Policy['spec']>;

const HEX = (bytes: number, digit = 'a') => digit.repeat(2 * bytes);
const tdxRules = ({ evidence }: Spec) => evidence.cpu as Editable<TdxRules>;
const snpRules = ({ evidence }: Spec) => evidence.cpu as Editable<SnpRules>;

function set(name: keyof TdxReferenceSet, value: unknown): PolicyEdit {
  return ({ spec }) => {
    const [first] = tdxRules(spec).referenceSets;
    Object.assign(first ?? {}, { [name]: value, recordedEvents: undefined });
    if (first) delete (first as { recordedEvents?: unknown }).recordedEvents;
  };
}

function snpSet(name: string, value: unknown): PolicyEdit {
  return ({ spec }) => void Object.assign(snpRules(spec).referenceSets[0] ?? {}, { [name]: value });
}

const open = (id: PolicyCheckId) => [`unresolved:${id}`];

/** What the policy asks, changed so that one answer is another and all others stay. */
const ON_TDX: readonly Row[] = rows(
  [
    'policy.lifecycle',
    'a draft',
    (p) => {
      p.metadata.lifecycle = { state: 'draft' };
    },
    open('policy.lifecycle'),
  ],
  [
    'policy.lifecycle',
    'revoked',
    (p) => {
      p.metadata.lifecycle = {
        state: 'revoked',
        revokedAt: '2026-01-01T00:00:00Z',
        reason: 'a leaked key',
      };
    },
  ],
  [
    'policy.lifecycle',
    'not in force yet',
    (p) => {
      p.metadata.lifecycle = { state: 'active', notBefore: '2026-06-01T00:00:01Z' };
    },
    open('policy.lifecycle'),
  ],
  [
    'policy.lifecycle',
    'past its sunset',
    (p) => {
      p.metadata.lifecycle = { state: 'deprecated', sunset: '2026-06-01T00:00:00Z' };
    },
  ],
  [
    'policy.reference_set.lifecycle',
    'a draft',
    set('lifecycle', { state: 'draft' }),
    open('policy.reference_set.lifecycle'),
  ],
  [
    'policy.reference_set.lifecycle',
    'revoked, though in the future',
    set('lifecycle', {
      state: 'revoked',
      revokedAt: '2027-01-01T00:00:00Z',
      reason: 'a leaked key',
    }),
  ],
  [
    'policy.reference_set.lifecycle',
    'past its sunset',
    set('lifecycle', { state: 'deprecated', sunset: '2026-05-31T00:00:00Z' }),
  ],
  ['policy.tdx.mr_td', 'another firmware', set('mrTd', HEX(48))],
  ['policy.tdx.rtmr0', 'another', set('rtmr0', HEX(48))],
  ['policy.tdx.rtmr1', 'another', set('rtmr1', HEX(48))],
  ['policy.tdx.rtmr2', 'another', set('rtmr2', HEX(48))],
  ['policy.tdx.rtmr3', 'another', set('rtmr3', HEX(48))],
  [
    'policy.tdx.rtmr3',
    'a story with one event only',
    set('rtmr3', {
      eventLog: [{ event: 'system-ready', digests: [HEX(48)], occurs: 'at-most-once' }],
      otherEvents: 'allow',
    }),
  ],
  ['policy.tdx.mr_config_id', 'another', set('mrConfigId', HEX(48))],
  ['policy.tdx.mr_owner', 'another', set('mrOwner', HEX(48))],
  ['policy.tdx.mr_owner_config', 'another', set('mrOwnerConfig', HEX(48))],
  [
    'policy.tdx.mr_service_td',
    'one, where the TD is too old to have any',
    set('mrServiceTd', HEX(48)),
  ],
  [
    'policy.tdx.attributes',
    'SEPT_VE_DISABLE forbidden',
    ({ spec }) => {
      tdxRules(spec).attributes.septVeDisable = 'forbid';
    },
  ],
  [
    'policy.tdx.attributes',
    'PKS required',
    ({ spec }) => {
      tdxRules(spec).attributes.pks = 'require';
    },
  ],
  [
    'policy.tdx.xfam',
    'exactly another',
    ({ spec }) => {
      tdxRules(spec).xfam = { exact: HEX(8) };
    },
  ],
  [
    'policy.tdx.xfam',
    'a bit that is set',
    ({ spec }) => {
      tdxRules(spec).xfam = { forbidBits: [0, 63] };
    },
  ],
  [
    'policy.tdx.module_version',
    'a higher floor',
    ({ spec }) => {
      tdxRules(spec).tdxModule.floors = [{ major: 1, minIsvSvn: 7 }];
    },
  ],
  [
    'policy.tdx.module_version',
    'another major version alone',
    ({ spec }) => {
      tdxRules(spec).tdxModule.floors = [{ major: 3, minIsvSvn: 0 }];
    },
  ],
  [
    'policy.tdx.mr_seam',
    'another module',
    ({ spec }) => {
      tdxRules(spec).tdxModule.mrSeam = [HEX(48)];
    },
  ],
  [
    'policy.tdx.fmspc',
    'another platform',
    ({ spec }) => {
      tdxRules(spec).platform.fmspc = ['00806f050000'];
    },
  ],
  [
    'policy.tdx.platform',
    'no SMT',
    ({ spec }) => {
      tdxRules(spec).platform.smt = 'forbid';
    },
  ],
  [
    'policy.tdx.platform',
    'no dynamic platform',
    ({ spec }) => {
      tdxRules(spec).platform.dynamicPlatform = 'forbid';
    },
  ],
  [
    'policy.tdx.platform',
    'no cached keys',
    ({ spec }) => {
      tdxRules(spec).platform.cachedKeys = 'forbid';
    },
  ],
  [
    'policy.tdx.tcb_status',
    'UpToDate not among them',
    ({ spec }) => {
      tdxRules(spec).tcb.accept = ['SWHardeningNeeded'];
    },
  ],
  [
    'policy.tdx.evaluation_data_number',
    'a newer one',
    ({ spec }) => {
      tdxRules(spec).tcb.minEvaluationDataNumber = 21;
    },
  ],
  [
    'policy.gpu.count',
    'one GPU',
    ({ spec }) => {
      if (spec.composite.gpu) spec.composite.gpu.count = { exactly: 1 };
    },
  ],
  [
    'policy.gpu.count',
    'three GPUs',
    ({ spec }) => {
      if (spec.composite.gpu) spec.composite.gpu.count = { min: 3, max: 8 };
    },
  ],
  [
    'policy.gpu.model',
    'another chip',
    ({ spec }) => {
      if (spec.evidence.gpu)
        spec.evidence.gpu.models = [{ chip: 'GB100', board: { skip: 'any board will do' } }];
    },
  ],
  [
    'policy.gpu.model',
    'another board',
    ({ spec }) => {
      if (spec.evidence.gpu) spec.evidence.gpu.models = [{ chip: 'GH100', board: '1010_0200_882' }];
    },
  ],
  [
    'policy.gpu.mode',
    'another',
    ({ spec }) => {
      if (spec.evidence.gpu) spec.evidence.gpu.modes = ['spt', 'mpt'];
    },
  ],
  [
    'policy.gpu.release',
    'driver and VBIOS of two releases',
    ({ spec }) => {
      const { gpu } = spec.evidence;
      if (!gpu || !Array.isArray(gpu.releases)) throw new Error('no releases');
      const [{ driver = '', vbios = '' } = {}] = gpu.releases;
      gpu.releases = [
        { driver, vbios: '96.00.00.00.00' },
        { driver: '1.2.3', vbios },
      ];
    },
  ],
  [
    'policy.nvswitch.count',
    'eight switches',
    ({ spec }) => {
      if (spec.composite.nvswitch) spec.composite.nvswitch.count = { exactly: 8 };
    },
  ],
  [
    'policy.nvswitch.bios',
    'another',
    ({ spec }) => {
      if (spec.evidence.nvswitch) spec.evidence.nvswitch.bios = ['96.10.00.00.00'];
    },
  ],
  [
    'policy.composite.unexpected',
    'no switches',
    ({ spec }) => {
      delete spec.composite.nvswitch;
      delete spec.evidence.nvswitch;
    },
  ],
  [
    'policy.binding.recipe',
    'another',
    ({ spec }) => {
      if ('recipes' in spec.bindings) spec.bindings.recipes = ['tinfoil-v3'];
    },
  ],
  [
    'policy.binding.keys',
    'one that is not bound',
    ({ spec }) => {
      if ('keys' in spec.bindings) spec.bindings.keys = ['ohttp', 'e2e'];
    },
  ],
  [
    'policy.binding.purpose',
    'another',
    ({ spec }) => {
      if ('purposes' in spec.bindings)
        spec.bindings.purposes = ['admission:https://gateway.example'];
    },
  ],
  [
    'policy.workload.agent_config',
    'another',
    ({ spec }) => {
      spec.workload.agentConfigSha256 = [HEX(32)];
    },
  ],
  [
    'policy.workload.weights',
    'another',
    ({ spec }) => {
      spec.workload.weightsSha256 = [HEX(32)];
    },
  ],
  [
    'policy.deployment.identity',
    'another machine',
    ({ spec }) => {
      spec.deployment = { platformInstanceIds: [HEX(16)] };
    },
  ],
  [
    'policy.log.command_line',
    'a text that was not measured',
    ({ spec }) => {
      spec.logHygiene.commandLine = { forbid: ['console=*'], require: [], text: 'console=ttyS0' };
    },
    open('policy.log.command_line'),
  ],
  [
    'policy.log.command_line',
    'no text in the log',
    ({ spec }) => {
      spec.logHygiene.commandLine = { forbid: ['console=*'], require: [] };
    },
    open('policy.log.command_line'),
  ],
  [
    'policy.log.events',
    'one that happened',
    ({ spec }) => {
      spec.logHygiene.events = { forbid: ['debug-shell', 'storage-fs'] };
    },
  ],
);

const ON_SNP: readonly Row[] = rows(
  ['policy.snp.measurement', 'another', snpSet('measurement', HEX(48))],
  ['policy.snp.host_data', 'another', snpSet('hostData', HEX(32))],
  ['policy.snp.family_id', 'another', snpSet('familyId', HEX(16))],
  ['policy.snp.image_id', 'another', snpSet('imageId', HEX(16))],
  ['policy.snp.id_key_digest', 'another', snpSet('idKeyDigest', HEX(48))],
  ['policy.snp.author_key_digest', 'another', snpSet('authorKeyDigest', HEX(48))],
  ['policy.snp.guest_svn', 'a later image', snpSet('minGuestSvn', 0xffff_ffff)],
  [
    'policy.snp.guest_policy',
    'single socket',
    ({ spec }) => {
      snpRules(spec).guestPolicy.singleSocket = 'require';
    },
  ],
  [
    'policy.snp.min_abi',
    'a later one',
    ({ spec }) => {
      snpRules(spec).guestPolicy.minAbi = { major: 255, minor: 0 };
    },
  ],
  [
    'policy.snp.platform_info',
    'no SMT, TSME',
    ({ spec }) => {
      snpRules(spec).platformInfo.tsmeEn = flip(snpRules(spec).platformInfo.tsmeEn);
    },
  ],
  [
    'policy.snp.min_tcb',
    'a higher SPL',
    ({ spec }) => {
      for (const spl of Object.values(snpRules(spec).minTcb)) if (spl) spl.microcode = 255;
    },
  ],
  [
    'policy.snp.min_tcb',
    'another product alone',
    ({ spec }) => {
      snpRules(spec).minTcb = { turin: { fmc: 0, bootLoader: 0, tee: 0, snp: 0, microcode: 0 } };
    },
  ],
  [
    'policy.snp.vmpl',
    'another',
    ({ spec }) => {
      snpRules(spec).vmpl = [1, 2, 3];
    },
  ],
  [
    'policy.snp.signer',
    'the other kind',
    ({ spec }) => {
      snpRules(spec).signer = ['vlek'];
    },
  ],
  [
    'policy.deployment.identity',
    'another machine',
    ({ spec }) => {
      spec.deployment = { chipIds: [HEX(64)] };
    },
  ],
);

function flip(presence: string): 'require' | 'forbid' {
  return presence === 'require' ? 'forbid' : 'require';
}

describe('a machine and the policy that was made of it', () => {
  it('TDX is accepted, nothing left to say', () => {
    const result = decided(tdx);
    expect([result.verdict, codesOf(result)]).toEqual(['accept', []]);
    expect(result.policy).toMatchObject({ name: 'test', revision: 1, referenceSet: 'machine' });
  });

  it('SEV-SNP is accepted, nothing left to say', () => {
    const result = decided(snp);
    expect([result.verdict, codesOf(result)]).toEqual(['accept', []]);
  });
});

describe('one thing that is not as the policy wants it', () => {
  it.each(ON_TDX)('%s: %s', (_id, _what, edit, codes = []) => {
    const result = decided(tdx, edit, NOW);
    expect(codesOf(result)).toEqual(codes);
    expect(result.verdict).toBe(codes[0]?.startsWith('fail') ? 'reject' : 'indeterminate');
  });

  it.each(ON_SNP)('%s: %s', (_id, _what, edit, codes = []) => {
    const result = decided(snp, edit);
    expect(codesOf(result)).toEqual(codes);
    expect(result.verdict).toBe(codes[0]?.startsWith('fail') ? 'reject' : 'indeterminate');
  });
});
