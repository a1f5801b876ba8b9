import { hex } from './hex.ts';

/** The product lines as they stand in AMD's common names. */
export type LineName = 'Milan' | 'Genoa' | 'Turin';

/** One machine of each line: what its report says of it, and so what its certificate must say. */
export const MACHINES: Readonly<
  Record<
    LineName,
    {
      readonly cpuid: Uint8Array;
      readonly tcb: Uint8Array;
      /** 64 bytes, as in the report. */
      readonly chipId: Uint8Array;
      /** As many of them as the certificate has. */
      readonly hwIdLength: number;
    }
  >
> = {
  Milan: machine('19 01 01', '04 00 00 00 00 00 18 db', 64),
  Genoa: machine('19 11 01', '0a 00 00 00 00 00 1b 56', 64),
  Turin: machine('1a 02 01', '01 02 03 04 00 00 00 51', 8),
};

function machine(cpuid: string, tcb: string, hwIdLength: number) {
  const chipId = Uint8Array.from({ length: 64 }, (_, i) => (i < hwIdLength ? 0xc0 + i : 0));
  return { cpuid: hex(cpuid), tcb: hex(tcb), chipId, hwIdLength };
}
