import { flipBit } from '../../damage.ts';
import type { NvidiaPlan, RimName } from '../plan.ts';
import type { RimRow } from '../rim.ts';
import { inOrder, opaque } from './edits.ts';
import type { NvidiaFaults } from './fault.ts';

const index = { fails: ['nvidia.measurements.index'] } as const;
const match = { fails: ['nvidia.measurements.match'] } as const;

const NVDEC0_INDEX = 35;

/** What the device measures at an index, as manifests count. */
export const measured =
  (at: number, change: (value: Uint8Array) => Uint8Array) =>
  ({ report }: NvidiaPlan) => {
    const block = report.blocks[at];
    if (block) block.value = change(block.value);
  };

export const row =
  (rim: RimName, at: number, change: (row: RimRow) => void) =>
  ({ rims }: NvidiaPlan) => {
    const found = rims[rim].rows.find((one) => one.index === at);
    if (found) change(found);
  };

export const nvdec0 = (state: number) => opaque('NVDEC0_STATUS', () => Uint8Array.of(state));

const flip = flipBit(0);

export const MEASUREMENT_FAULTS = {
  measurement_of_the_driver: {
    describes: 'a driver with one bit of difference',
    ...match,
    apply: measured(21, flip),
  },
  measurement_of_the_vbios: {
    describes: 'a VBIOS with one bit of difference',
    ...match,
    apply: measured(9, flip),
  },
  measurement_first: {
    describes: 'a difference at the first index',
    ...match,
    apply: measured(0, flip),
  },
  measurement_last_active: {
    describes: 'a difference at the last active index',
    ...match,
    apply: measured(40, flip),
  },
  measurement_zeroed: {
    describes: 'something that is listed and was not loaded',
    ...match,
    apply: measured(22, () => new Uint8Array(48)),
  },
  measurement_where_none_is_listed: {
    describes: 'something loaded where the manifest lists zeros',
    ...match,
    apply: measured(12, flip),
  },
  measurement_off_by_one: {
    describes: 'every measurement one block further, as one who counts from 1 reads them',
    ...match,
    apply: ({ report }) => {
      const values = report.blocks.map(({ value }) => value);
      for (const [i, block] of report.blocks.entries()) {
        block.value = values.at(i - 1) ?? block.value;
      }
    },
  },
  measurements_of_two_swapped: {
    describes: 'two blocks that carry each other’s index',
    ...match,
    apply: ({ report: { blocks } }) => {
      const [first, second] = [blocks[1], blocks[2]];
      if (first && second) [first.index, second.index] = [second.index, first.index];
    },
  },
  measurement_reversed: {
    describes: 'a measurement in the other byte order',
    ...match,
    apply: measured(21, (value) => value.toReversed()),
  },
  measurement_of_an_inactive_alternative: {
    describes: 'a value that only an inactive row lists',
    ...match,
    apply: inOrder(measured(21, flip), (plan) => {
      const value = plan.report.blocks[21]?.value ?? new Uint8Array(48);
      row('vbios', 21, (one) => {
        one.values = [value];
      })(plan);
    }),
  },
  measurement_nvdec_on: {
    describes: 'NVDEC0 is on, and its firmware is another',
    ...match,
    apply: inOrder(nvdec0(0xaa), measured(NVDEC0_INDEX, flip)),
  },
  measurement_nvdec_unknown: {
    describes: 'NVDEC0 is neither on nor off',
    ...match,
    apply: nvdec0(0),
  },
  measurement_nvdec_off_elsewhere: {
    describes: 'NVDEC0 is off, and the difference is at the next index',
    ...match,
    apply: measured(NVDEC0_INDEX + 1, flip),
  },
  index_of_both: {
    describes: 'both manifests list one index',
    ...index,
    apply: (plan) =>
      row('vbios', 21, (one) => {
        one.active = true;
        one.values = [plan.report.blocks[21]?.value ?? new Uint8Array(48)];
      })(plan),
  },
  index_beyond: {
    describes: 'a manifest lists an index that the device has no measurement of',
    ...index,
    apply: ({ rims }) => {
      rims.vbios.rows.push({
        index: 64,
        active: true,
        name: 'Measurement_64',
        values: [new Uint8Array(48)],
      });
    },
  },
  index_beyond_of_a_switch: {
    describes: 'a BIOS manifest lists an index that only GPUs have',
    ...index,
    models: ['ls10'],
    skipped: ['nvidia.device.fwid'],
    apply: row('vbios', 31, (one) => {
      one.active = true;
    }),
  },
} as const satisfies NvidiaFaults;
