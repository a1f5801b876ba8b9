import { derNumber } from '../../der-writer.ts';
import type { SnpFaults } from './fault.ts';
import { platformBit } from './guest.ts';
import { fields } from './report.ts';

/** What only AMD’s table of bulletins could tell, and does not. */
const fixesOpen = { unresolved: ['snp.tcb.fixes'] } as const;

export const TCB_FAULTS = {
  tcb_below_minimum: {
    describes: 'microcode below the minimum, though everything else is far above',
    fails: ['snp.tcb.minimum'],
    asks: () => ({ minimumTcb: { bootLoader: 0, tee: 0, snp: 1, microcode: 220 } }),
  },
  tcb_lacks_a_fix: {
    describes: 'SNP firmware one below what a bulletin asks for, and a VCEK for it',
    fails: ['snp.tcb.fixes'],
    products: ['milan', 'genoa'],
    apply: ({ certificates: { vcek }, report, product }) => {
      const snp = product === 'milan' ? 0x17 : 0x16;
      vcek.vek.snpSPL = derNumber(snp);
      const { currentTcb, reportedTcb, committedTcb, launchTcb } = report;
      for (const tcb of [currentTcb, reportedTcb, committedTcb, launchTcb]) tcb.snp = snp;
    },
    asks: () => ({ fixes: ['AMD-SB-3019'] }),
  },
  tcb_minimum_of_another_generation: {
    describes: 'a minimum for the FMC, which this generation does not have',
    fails: ['snp.tcb.minimum'],
    products: ['milan', 'genoa'],
    asks: () => ({ minimumTcb: { fmc: 0 } }),
  },
  tcb_launch_below_minimum: {
    describes: 'launched under older SNP firmware than is asked for, though updated since',
    fails: ['snp.tcb.minimum_launch'],
    apply: ({ report }) => {
      report.launchTcb.snp = 3;
    },
    asks: () => ({
      minimumTcb: { snp: 4 },
      minimumLaunchTcb: { snp: 4 },
      minimumCommittedTcb: { snp: 4 },
    }),
  },
  tcb_committed_below_minimum: {
    describes: 'up to date, and not committed to it: the machine’s owner can go back',
    fails: ['snp.tcb.minimum_committed'],
    apply: ({ report }) => {
      report.committedTcb.snp = 3;
    },
    asks: () => ({
      minimumTcb: { snp: 4 },
      minimumLaunchTcb: { snp: 4 },
      minimumCommittedTcb: { snp: 4 },
    }),
  },
  tcb_fix_of_another_line: {
    describes: 'a bulletin that the table has for Milan only: of this line it says nothing',
    ...fixesOpen,
    products: ['genoa', 'turin'],
    asks: () => ({ fixes: ['AMD-SB-3005'] }),
  },
  tcb_fix_without_alias_check: {
    describes: 'firmware that would look for aliased memory, and nothing that says it did',
    ...fixesOpen,
    products: ['milan', 'genoa'],
    apply: platformBit(5),
    asks: () => ({ fixes: ['AMD-SB-3015'] }),
  },
  tcb_fix_half_done: {
    describes: 'the firmware’s half of a fix without the half that the host’s kernel does',
    ...fixesOpen,
    products: ['genoa'],
    apply: fields({ currentMitVector: 0xfbn }),
    asks: () => ({ fixes: ['AMD-SB-3016'] }),
  },
  tcb_fix_without_mitigation_vector: {
    describes: 'a report of a version that has no place for the host’s half of a fix',
    ...fixesOpen,
    products: ['genoa'],
    options: { version: 3 },
    asks: () => ({ fixes: ['AMD-SB-3016'] }),
  },
} as const satisfies SnpFaults;
