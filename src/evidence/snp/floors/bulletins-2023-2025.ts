import type { Bulletin } from './bulletin.ts';
import { BERGAMO_SIENA, GENOA_B1, GENOA_X, MILAN_B1, MILAN_X, TURIN_C1 } from './processors.ts';

/** A microcode floor is the low byte of the patch level that the bulletin asks for. */
export const BULLETINS_2023_TO_2025: readonly Bulletin[] = [
  {
    id: 'AMD-SB-3002',
    title: 'Server vulnerabilities',
    cves: [],
    lines: ['milan'],
    floors: [
      { line: 'milan', minimum: { bootLoader: 3 } },
      { line: 'milan', processor: MILAN_B1, minimum: { microcode: 0xa9 } },
    ],
    signs: [],
    source: 'AMD’s bulletin as quoted in the firmware profile of a public SEV-SNP deployment, 2026',
    note: 'Our source names neither the CVEs nor a number for another line.',
  },
  {
    id: 'AMD-SB-3005',
    title: 'CacheWarp: INVD drops writes of the guest',
    cves: ['CVE-2023-20592'],
    published: '2023',
    lines: ['milan'],
    floors: [
      // Patch levels 0x0a0011d1 and 0x0a001234.
      { line: 'milan', processor: MILAN_B1, minimum: { microcode: 0xd1 } },
      { line: 'milan', processor: MILAN_X, minimum: { microcode: 0x34 } },
    ],
    signs: [],
    source: 'AMD’s bulletin as quoted in a public survey of 2026-09-18',
    note: 'Sources disagree whether Genoa is affected; none gives a number for it.',
  },
  {
    id: 'AMD-SB-3007',
    title: 'SEV-SNP firmware vulnerabilities',
    cves: ['CVE-2023-31346', 'CVE-2023-31347'],
    published: '2024',
    lines: ['milan', 'genoa'],
    floors: [],
    signs: [],
    source:
      'the finder’s account (blog.freax13.de) for what it is about; no source has the numbers',
  },
  {
    id: 'AMD-SB-3011',
    title: 'Guest memory vulnerabilities in the SEV-SNP firmware',
    cves: ['CVE-2023-31355', 'CVE-2024-21978', 'CVE-2024-21980'],
    published: '2024-08',
    lines: ['milan', 'genoa'],
    floors: [],
    signs: [],
    source: 'Google Cloud bulletin GCP-2024-046 for what it is about; no source has the numbers',
  },
  {
    id: 'AMD-SB-3015',
    title: 'BadRAM: memory modules that lie about their size',
    cves: ['CVE-2024-21944'],
    published: '2024-12',
    lines: ['milan', 'genoa'],
    floors: [
      { line: 'milan', minimum: { snp: 0x17 } },
      { line: 'genoa', minimum: { snp: 0x16 } },
    ],
    signs: [
      {
        field: 'PLATFORM_INFO',
        bit: 5,
        lines: ['milan', 'genoa'],
        set: 'ALIAS_CHECK_COMPLETE: no aliased memory was found since the last reset',
        clear: 'ALIAS_CHECK_COMPLETE is not set: nothing says that memory has no aliases',
        decides: true,
      },
    ],
    source: 'AMD’s bulletin as quoted in two public verifiers, 2026',
    note: 'The bit exists from firmware 1.55.22 (Milan) and 1.55.38 (Genoa) on.',
  },
  {
    id: 'AMD-SB-3019',
    title: 'EntrySign: microcode with a forged signature loads',
    cves: ['CVE-2024-56161'],
    published: '2025-02-03',
    lines: ['milan', 'genoa'],
    floors: [
      { line: 'milan', minimum: { snp: 0x18 } },
      { line: 'genoa', minimum: { snp: 0x17 } },
      // Patch levels 0x0a0011db, 0x0a001244, 0x0a101154, 0x0a10124f and 0x0aa00219.
      { line: 'milan', processor: MILAN_B1, minimum: { microcode: 0xdb } },
      { line: 'milan', processor: MILAN_X, minimum: { microcode: 0x44 } },
      { line: 'genoa', processor: GENOA_B1, minimum: { microcode: 0x54 } },
      { line: 'genoa', processor: GENOA_X, minimum: { microcode: 0x4f } },
      { line: 'genoa', processor: BERGAMO_SIENA, minimum: { microcode: 0x19 } },
    ],
    signs: [],
    source:
      'snp: microsoft/CCF issue 6812, 2025-02-13; microcode: fwupd’s table of fixed patch levels; both again in a review that read AMD’s page on 2026-10-08',
  },
  {
    id: 'AMD-SB-3020',
    title: 'RMPocalypse: the host writes to the RMP while it is set up',
    cves: ['CVE-2025-0033'],
    published: '2025-10',
    lines: ['milan', 'genoa', 'turin'],
    floors: [
      { line: 'genoa', minimum: { snp: 0x1b } },
      { line: 'turin', minimum: { snp: 0x04 } },
      // Patch levels 0x0a101156, 0x0a101251 and 0x0b002150.
      { line: 'genoa', processor: GENOA_B1, minimum: { microcode: 0x56 } },
      { line: 'genoa', processor: GENOA_X, minimum: { microcode: 0x51 } },
      { line: 'turin', processor: TURIN_C1, minimum: { microcode: 0x50 } },
    ],
    signs: [
      {
        field: 'CURRENT_MIT_VECTOR',
        bit: 1,
        lines: ['milan', 'genoa', 'turin'],
        set: 'the mitigation is in force',
        clear: 'the mitigation is not shown to be in force',
      },
    ],
    source: 'AMD’s bulletin as quoted in a review that read it on 2026-10-08',
    note: 'Milan is affected (Google Cloud bulletin GCP-2025-065), but no source has its number.',
  },
];
