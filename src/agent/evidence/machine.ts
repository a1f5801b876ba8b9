import type { BundleCpu } from '../../appraisal/bundle/cpu.ts';
import { concatBytes } from '../../core/bytes/writer.ts';
import { readCcel } from './ccel.ts';
import { type TsmOptions, tsmReport } from './configfs-tsm.ts';
import { type CollectorOptions, nvidiaEvidence } from './nvidia-collector.ts';
import type { EvidenceSource } from './source.ts';

export interface MachineOptions {
  readonly tsm: TsmOptions;
  /** Folder of the ACPI tables. */
  readonly acpi: string;
  readonly collector: CollectorOptions;
}

/** The machine that the agent runs in, by its kernel and NVIDIA's collector. */
export function machineEvidence({ tsm, acpi, collector }: MachineOptions): EvidenceSource {
  return {
    async cpu(reportData): Promise<BundleCpu> {
      const { provider, out, aux } = await tsmReport(reportData, tsm);
      // An extended report: the certificates that the host handed along stand behind it.
      if (provider === 'sev_guest') return { kind: 'snp', report: concatBytes(out, aux) };
      const ccel = await readCcel(acpi);
      return {
        kind: 'tdx',
        quote: out,
        ...(ccel && { eventLog: ccel.log, ccelTable: ccel.table }),
      };
    },
    devices: (nonce) => nvidiaEvidence(nonce, collector),
  };
}
