import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { explainPolicy } from '../../../../src/appraisal/policy/explain/explain-policy.ts';
import type { Policy } from '../../../../src/appraisal/policy/schema/policy.ts';
import type { SnpRules } from '../../../../src/appraisal/policy/schema/snp.ts';
import { type TdxRules, wantedAttributes } from '../../../../src/appraisal/policy/schema/tdx.ts';
import {
  fullSnpPolicy,
  fullTdxPolicy,
  otherSnpPolicy,
  otherTdxPolicy,
  skippedPolicy,
} from '../../../support/full-policies.ts';
import {
  challenged,
  type Editable,
  type PolicyEdit,
  policyFor,
  wholeMachine,
} from '../../../support/policy.ts';

const tdx = challenged(await wholeMachine());
const snp = challenged(await wholeMachine({ cpu: 'snp' }));
const SKIP = { skip: 'for the sake of a test' };

/** As `postern policy explain` prints it, each measurement being HEX, whatever it is. */
function textOf(policy: Policy): string {
  const sections = explainPolicy(policy).map(({ heading, lines }) =>
    [heading, ...lines.map((line) => `  ${line}`)].join('\n'),
  );
  return `${sections.join('\n\n').replaceAll(/[0-9a-f]{16}…/g, 'HEX…')}\n`;
}

describe('the whole text, word by word, of a policy', () => {
  it.each<readonly [string, () => Policy]>([
    ['full-tdx', () => fullTdxPolicy(tdx)],
    ['full-snp', () => fullSnpPolicy(snp)],
    ['other-tdx', () => otherTdxPolicy(tdx)],
    ['other-snp', () => otherSnpPolicy(snp)],
    ['skipped-tdx', () => skippedPolicy(fullTdxPolicy(tdx))],
  ])('%s', (name, policy) => {
    const file = new URL(`./texts/${name}.txt`, import.meta.url);
    expect(textOf(policy())).toBe(readFileSync(file, 'utf8'));
  });
});

const tdxOf = ({ spec }: Editable<Policy>) => spec.evidence.cpu as Editable<TdxRules>;
const snpOf = ({ spec }: Editable<Policy>) => spec.evidence.cpu as Editable<SnpRules>;
const setOf = (policy: Editable<Policy>) =>
  tdxOf(policy).referenceSets[0] ?? expect.fail('no reference set');

describe('a line for', () => {
  const DEVICES = 'Devices';
  const MACHINES = 'Machines (reference sets; a machine is one of them as a whole)';
  const machineOf = { tdx, snp };
  it.each<readonly [string, keyof typeof machineOf, PolicyEdit, heading: string, string]>([
    [
      'no GPU',
      'tdx',
      ({ spec }) => {
        delete spec.evidence.gpu;
        delete spec.composite.gpu;
        delete spec.evidence.nvswitch;
        delete spec.composite.nvswitch;
      },
      DEVICES,
      'No GPU: a machine that brings one is refused.\nNo switch: a machine that brings one is refused.',
    ],
    [
      'GPUs of one chip on several boards, once for any board',
      'tdx',
      ({ spec }) => {
        if (spec.evidence.gpu === undefined) return;
        spec.evidence.gpu.models = [
          { chip: 'GH100', board: SKIP },
          { chip: 'GH100', board: 'G520_0200_885' },
          { chip: 'GB100', board: { skip: 'for another reason' } },
        ];
        spec.evidence.gpu.modes = ['ppcie', 'mpt', 'spt'];
      },
      DEVICES,
      'Each GPU is GH100 on any board, GH100 on board G520_0200_885 or GB100 on any board, in mode ppcie, mpt or spt.',
    ],
    [
      'platforms that Intel calls weak',
      'tdx',
      (policy) => {
        tdxOf(policy).tcb.accept = ['UpToDate', 'OutOfDate', 'SWHardeningNeeded'];
      },
      'Exceptions',
      'Platforms that Intel calls OutOfDate or SWHardeningNeeded, without an end.',
    ],
    [
      'values that nobody answers for',
      'tdx',
      (policy) => {
        delete setOf(policy).provenance;
      },
      MACHINES,
      'machine: admits\n  nobody says where its values come from',
    ],
    [
      'values that were calculated',
      'tdx',
      (policy) => {
        setOf(policy).provenance = { kind: 'calculated', inputs: { kernel: 'a' } };
      },
      MACHINES,
      '  values calculated from the parts of the image; of kernel a',
    ],
    [
      'values that a vendor signed',
      'tdx',
      (policy) => {
        setOf(policy).provenance = { kind: 'vendor-signed', source: 'a list' };
      },
      MACHINES,
      '  values signed by a vendor; source: a list',
    ],
    [
      'a set that admits from a time on',
      'tdx',
      (policy) => {
        setOf(policy).lifecycle = { state: 'active', notBefore: '2026-01-01T00:00:00Z' };
      },
      MACHINES,
      'machine: admits from 2026-01-01T00:00:00Z\n',
    ],
    [
      'bits that may be anything',
      'tdx',
      (policy) => {
        tdxOf(policy).attributes.pks = 'any';
        tdxOf(policy).platform.smt = 'any';
      },
      'Not checked',
      'set or clear as they like: pks (attributes), smt (platform)',
    ],
    [
      'firmware that may be taken back',
      'snp',
      (policy) => {
        snpOf(policy).provisionalFirmware = 'allow';
      },
      'Not checked',
      '\nthat the firmware is committed: the machine’s owner may take it back',
    ],
    [
      'what several sets skip for one reason, five of them by number',
      'snp',
      (policy) => {
        const [first] = snpOf(policy).referenceSets;
        snpOf(policy).referenceSets = Array.from({ length: 6 }, (_, i) => ({
          ...(first ?? expect.fail('no reference set')),
          id: `set-${i}`,
          measurement: `${i + 1}`.repeat(96),
          hostData: SKIP,
          imageId: i < 5 ? SKIP : { skip: 'for another reason' },
          familyId: i < 4 ? SKIP : 'a'.repeat(32),
        }));
      },
      'Not checked',
      [
        'HOST_DATA of set-0, set-1, set-2, set-3 and 2 more: for the sake of a test',
        'FAMILY_ID of set-0, set-1, set-2 and set-3: for the sake of a test',
        'IMAGE_ID of set-0, set-1, set-2, set-3 and 1 more: for the sake of a test',
        'IMAGE_ID of set-5: for another reason',
      ].join('\n'),
    ],
  ])('%s', (_what, cpu, edit, heading, text) => {
    const sections = explainPolicy(policyFor(machineOf[cpu], edit));
    const lines = sections.find((section) => section.heading === heading)?.lines ?? [];
    expect(`\n${lines.join('\n')}\n`).toContain(text);
  });

  it('nothing but what is asked for', () => {
    const policy = policyFor(tdx, (edited) => {
      const { attributes, platform } = tdxOf(edited);
      for (const name of Object.keys(wantedAttributes({ attributes }))) {
        Object.assign(attributes, { [name]: 'any' });
      }
      for (const name of ['smt', 'dynamicPlatform', 'cachedKeys'] as const) platform[name] = 'any';
      edited.spec.logHygiene.commandLine = { forbid: ['console=*'], require: [] };
    });
    const text = textOf(policy);
    expect(text).not.toMatch(/Of the (?:attributes|configuration)/);
    expect(text).toContain('\nLogs\n  The kernel’s command line has no console=*.\n\n');
  });

  it('nothing about committed firmware where it need not be', () => {
    const allowed = policyFor(snp, (policy) => {
      snpOf(policy).provisionalFirmware = 'allow';
    });
    expect(textOf(allowed)).not.toContain('is committed: the machine’s owner can’t');
    expect(textOf(policyFor(snp))).not.toContain('may take it back');
  });
});
