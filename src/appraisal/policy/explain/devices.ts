import type { Policy } from '../schema/policy.ts';
import type { VtpmRules } from '../schema/vtpm.ts';
import type { Composite, Count } from '../schema/whole.ts';
import { listed, type ShowHex, unlessSkipped } from './explanation.ts';

type Evidence = Policy['spec']['evidence'];

/** What else must be in the machine, and how it hangs together. */
export function deviceLines(
  { gpu, nvswitch, vtpm }: Evidence,
  composite: Composite,
  hex: ShowHex,
): readonly string[] {
  return [
    ...(gpu && composite.gpu
      ? [...groupLines('GPUs', composite.gpu), ...gpuLines(gpu)]
      : ['No GPU: a machine that brings one is refused.']),
    ...(nvswitch && composite.nvswitch
      ? [...groupLines('switches', composite.nvswitch), ...switchLines(nvswitch)]
      : ['No switch: a machine that brings one is refused.']),
    ...(vtpm ? vtpmLines(vtpm, hex) : ['No vTPM: a machine that brings one is not admitted.']),
    ...unlessSkipped<'require'>(
      composite.topology,
      () => 'The devices name each other, all in one mode.',
    ),
  ];
}

function groupLines(what: string, group: NonNullable<Composite['gpu']>): readonly string[] {
  return [
    `${countText(group.count)} ${what}, no two of one serial.`,
    ...unlessSkipped<'cpu'>(
      group.sameChallengeAs,
      () => `The ${what} answer the same challenge as the CPU.`,
    ),
  ];
}

function countText(count: Count): string {
  return 'exactly' in count ? `Exactly ${count.exactly}` : `From ${count.min} to ${count.max}`;
}

function gpuLines({ models, modes, releases, ocsp }: NonNullable<Evidence['gpu']>) {
  const boards = models.map(({ chip, board }) =>
    typeof board === 'string' ? `${chip} on board ${board}` : `${chip} on any board`,
  );
  return [
    `Each GPU is ${listed([...new Set(boards)], 'or')}, in mode ${listed(modes, 'or')}.`,
    ...unlessSkipped<readonly { driver: string; vbios: string }[]>(
      releases,
      (known) =>
        `Its release is ${listed(
          known.map(({ driver, vbios }) => `driver ${driver} with VBIOS ${vbios}`),
          'or',
        )}.`,
    ),
    ...unlessSkipped<'require'>(ocsp, () => 'NVIDIA says of each GPU that it is not revoked.'),
  ];
}

function switchLines({ bios, ocsp }: NonNullable<Evidence['nvswitch']>) {
  return [
    ...unlessSkipped<readonly string[]>(
      bios,
      (known) => `The BIOS of each switch is ${listed(known, 'or')}.`,
    ),
    ...unlessSkipped<'require'>(ocsp, () => 'NVIDIA says of each switch that it is not revoked.'),
  ];
}

function vtpmLines({ quote, pcrs }: VtpmRules, hex: ShowHex): readonly string[] {
  return [
    'A vTPM of a paravisor.',
    ...unlessSkipped<'require'>(quote, () => 'The vTPM quotes over a fresh challenge.'),
    ...('skip' in pcrs
      ? []
      : [
          `Its PCRs: ${Object.entries(pcrs as Readonly<Record<string, string>>)
            .map(([index, value]) => `${index} ${hex(value)}`)
            .join(', ')}.`,
        ]),
  ];
}
