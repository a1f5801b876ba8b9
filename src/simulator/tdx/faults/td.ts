import type { TdxPlan } from '../plan.ts';
import type { TdxFaults } from './fault.ts';

const attributes = { fails: ['tdx.td.attributes'] } as const;

/** TDATTRIBUTES with one more bit. */
export const attribute =
  (position: number) =>
  ({ quote: { body } }: TdxPlan) => {
    const at = position >> 3;
    body.tdAttributes = body.tdAttributes.with(
      at,
      (body.tdAttributes[at] ?? 0) | (1 << (position & 7)),
    );
  };

export const TD_FAULTS = {
  td_debug: {
    describes: 'a debug TD, which the host can read and change',
    fails: ['tdx.td.debug'],
    apply: attribute(0),
  },
  td_reserved_tud: {
    describes: 'a reserved bit of the group that makes a TD untrusted',
    ...attributes,
    apply: attribute(3),
  },
  td_perf_prof: {
    describes: 'a known bit of that group: performance profiling of the TD',
    ...attributes,
    apply: attribute(5),
  },
  td_reserved_sec_bit20: {
    describes: 'a reserved bit among the security group',
    ...attributes,
    apply: attribute(20),
  },
  td_reserved_other_bit39: {
    describes: 'a reserved bit in the upper half, which some masks miss',
    ...attributes,
    apply: attribute(39),
  },
  report_data_other: {
    describes: 'the report data of another challenge',
    fails: ['tdx.report_data'],
    asks: ({ reportData }) => ({ reportData: reportData.with(0, (reportData[0] ?? 0) ^ 1) }),
  },
  report_data_shorter: {
    describes: 'a challenge of 48 bytes, and report data that goes on behind it',
    fails: ['tdx.report_data'],
    asks: ({ reportData }) => ({ reportData: reportData.slice(0, 48) }),
  },
} as const satisfies TdxFaults;
