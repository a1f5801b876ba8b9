import type { NvidiaFaults } from './fault.ts';

export const CLOCK_FAULTS = {
  clock_not_a_time: {
    describes: 'a time to verify at that is none',
    fails: ['nvidia.clock'],
    apply: ({ at }) => {
      at.ocsp = Number.NaN;
    },
  },
} as const satisfies NvidiaFaults;
