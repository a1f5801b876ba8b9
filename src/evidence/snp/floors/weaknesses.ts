import type { ProductLine } from '../product.ts';

/** A published attack that no field of a report answers, however new the TCB is. */
export interface Weakness {
  readonly id: string;
  readonly title: string;
  readonly lines: readonly ProductLine[];
  /** What it means for whoever relies on a report. */
  readonly says: string;
  readonly source: string;
}

const ALL: readonly ProductLine[] = ['milan', 'genoa', 'turin'];

export const WEAKNESSES: readonly Weakness[] = [
  {
    id: 'AMD-SB-3045',
    title: 'MilanLaunchy and BadFuse',
    lines: ['milan'],
    says: 'On Milan, software alone can extract the seed that every VCEK of the chip is derived from. Whoever did that once can sign valid reports for any TCB, this one included; no check of a report finds out. AMD names MilanPI 1.0.0.3 or later, which a report does not show.',
    source: 'arXiv 2605.12990 (2026-05-13); AMD’s bulletin as quoted by its readers',
  },
  {
    id: 'AMD-SB-3033',
    title: 'A Milan mitigation without a new TCB',
    lines: ['milan'],
    says: 'AMD mitigated it on Milan without raising the boot loader’s SPL: the reported TCB does not tell a fixed machine from one that is not.',
    source: 'AMD’s bulletin as quoted in the firmware profile of a public SEV-SNP deployment, 2026',
  },
  {
    id: 'AMD-SB-3021',
    title: 'Ciphertext side channels (CipherLeaks, Heracles)',
    lines: ALL,
    says: 'A host that sees ciphertext change, or moves pages, learns of the plaintext. No TCB value answers that. Guest policy bits 24 (ciphertext hiding required) and 25 (page swap disabled), where firmware and processor know them, and PLATFORM_INFO bit 4 (ciphertext hiding on) do in part; Milan has no ciphertext hiding.',
    source: 'AMD’s bulletin and the papers (USENIX Security 2021, CCS 2025) as cited by verifiers',
  },
  {
    id: 'memory-interposers',
    title: 'Memory interposers (Battering RAM, TEE.fail)',
    lines: ALL,
    says: 'Whoever can put a device between processor and memory reads and replays what is encrypted; on DDR5 attestation keys were extracted on fully updated machines. The alias check runs at boot and does not see it. AMD holds physical attacks to be out of scope: know the site and the chips.',
    source: 'batteringram.eu (IEEE S&P 2026), tee.fail (2025-10-28)',
  },
  {
    id: 'single-stepping',
    title: 'Single-stepping, cache and page-fault side channels',
    lines: ALL,
    says: 'A host can step a guest instruction by instruction and watch its caches, page faults and counters. Nothing in a report shows it; only code that does not depend on secrets in what it touches resists.',
    source: 'SEV-Step (TCHES 2024), CounterSEVeillance (NDSS 2025), SNPeek (NDSS 2026)',
  },
];

export function weaknessesOf(line: ProductLine): readonly Weakness[] {
  return WEAKNESSES.filter(({ lines }) => lines.includes(line));
}
