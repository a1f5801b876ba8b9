import type { Bulletin } from './bulletin.ts';
import { GENOA_B1, GENOA_X, TURIN_C1 } from './processors.ts';

/** A microcode floor is the low byte of the patch level that the bulletin asks for. */
export const BULLETINS_2026: readonly Bulletin[] = [
  {
    id: 'AMD-SB-3016',
    title: 'The host makes the IOMMU write into guests',
    cves: ['CVE-2023-20585'],
    published: '2026-04-14',
    lines: ['milan', 'genoa', 'turin'],
    floors: [
      { line: 'milan', minimum: { snp: 0x1b } },
      { line: 'genoa', minimum: { snp: 0x1b } },
    ],
    signs: [
      {
        field: 'CURRENT_MIT_VECTOR',
        bit: 2,
        lines: ['milan', 'genoa'],
        set: 'the host’s operating system has its part of the fix',
        clear: 'the part of the fix that the host’s operating system has to do is not shown',
        decides: true,
      },
      {
        field: 'PLATFORM_INFO',
        bit: 6,
        lines: ['turin'],
        set: 'IOMMU_WRITE_SAFE',
        clear: 'IOMMU_WRITE_SAFE is not set',
      },
    ],
    source: 'AMD’s bulletin as quoted in a verifier’s test notes of 2026-09-30',
    note: 'Firmware alone is half of the fix; the other half is the host’s operating system.',
  },
  {
    id: 'AMD-SB-3023',
    title: 'SEV-ES guests beside SEV-SNP guests',
    cves: ['CVE-2025-48514'],
    published: '2026-02',
    lines: ['milan', 'genoa', 'turin'],
    floors: [
      { line: 'milan', minimum: { snp: 0x1b } },
      { line: 'genoa', minimum: { snp: 0x1b } },
      { line: 'turin', minimum: { snp: 0x04 } },
    ],
    signs: [],
    source:
      'AMD’s patch to the Linux kernel, “crypto/ccp: export firmware supported vm types” (2026-03-24)',
    note: 'The bulletin is about more CVEs than this one. It names mitigation vector bit 3 for it; AMD’s engineer says on the kernel’s list that the bit is for something else.',
  },
  {
    id: 'AMD-SB-3027',
    title: 'StackWarp: a sibling thread moves the guest’s stack pointer',
    cves: ['CVE-2025-29943'],
    published: '2026',
    lines: ['milan', 'genoa', 'turin'],
    floors: [
      { line: 'genoa', processor: GENOA_B1, minimum: { microcode: 0x56 } },
      { line: 'genoa', processor: GENOA_X, minimum: { microcode: 0x51 } },
      { line: 'turin', processor: TURIN_C1, minimum: { microcode: 0x51 } },
    ],
    signs: [
      {
        field: 'PLATFORM_INFO',
        bit: 0,
        lines: ['milan', 'genoa', 'turin'],
        set: 'SMT_EN: there are sibling threads, which the attack needs',
        clear: 'SMT is off: there is no sibling thread, which the attack needs',
      },
    ],
    source: 'AMD’s bulletin as quoted in a review that read it on 2026-10-08',
    note: 'Milan, Bergamo and Siena are affected, but no source has their numbers.',
  },
  {
    id: 'AMD-SB-3030',
    title: 'BreakFAST: the secure processor writes where the host leads it',
    cves: ['CVE-2025-61971', 'CVE-2025-61972', 'CVE-2024-36315'],
    published: '2026-05-12',
    lines: ['milan', 'genoa', 'turin'],
    floors: [{ line: 'milan', minimum: { snp: 0x1d } }],
    signs: [
      {
        field: 'CURRENT_MIT_VECTOR',
        bit: 4,
        lines: ['milan'],
        set: 'the mitigation is in force',
        clear: 'the mitigation is not shown to be in force',
      },
    ],
    source: 'AMD’s bulletin as quoted in a verifier’s source and in a policy registry, 2026',
    note: 'Another reader of the bulletin holds that no report shows the whole fix. For Genoa and Turin it has numbers of other components, which no source gives.',
  },
  {
    id: 'AMD-SB-3034',
    title: 'Fabricked: the host misdirects the secure processor’s writes to the RMP',
    cves: ['CVE-2025-54510'],
    published: '2026-04-14',
    lines: ['milan', 'genoa', 'turin'],
    floors: [{ line: 'genoa', minimum: { snp: 0x1c } }],
    signs: [
      {
        field: 'CURRENT_MIT_VECTOR',
        bit: 4,
        lines: ['milan'],
        set: 'the mitigation is in force, as the bulletin had it for Milan',
        clear: 'the mitigation is not shown to be in force, as the bulletin had it for Milan',
      },
    ],
    withdrawn: {
      date: '2026-09-24',
      says: 'no TCB is known to show the fix; the platform firmware has to be known by other means',
    },
    source:
      'AMD’s bulletin as quoted on 2026-08-08 (Genoa, with GenoaPI 1.0.0.H) and, for the withdrawal, in notes of 2026-10',
  },
];
