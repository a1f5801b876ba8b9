import { malformed } from '../../../core/fault.ts';
import { ovmfEntry, readOvmfTable } from '../../ovmf-table.ts';
import { readTdvfSections, type TdvfSection } from './tdvf-sections.ts';

/** A firmware image for TDs, as far as MRTD depends on what it says of itself. */
export interface Tdvf {
  /** In the order of their measurement. */
  readonly sections: readonly TdvfSection[];
}

const METADATA_GUID = 'e47a6535-984a-4798-865e-4685a7bf8ec2';

/** OVMF has 2 or 4 MiB; this leaves room for images with a kernel inside. */
const MOST_BYTES = 64 * 1024 * 1024;

/** Where a TD's vCPUs begin: the last 16 bytes below 4 GiB. */
const RESET_VECTOR = { start: 0xffff_fff0, end: 2 ** 32 };

/**
 * OVMF, or another image that is built as Intel's TDVF design guide says. Split images are not
 * what a VMM loads for a TD: it wants OVMF.fd, code and variables in one.
 *
 * @param bytes at most 64 MiB; kept as views.
 * @throws Fault `malformed` or `unsupported` at `measure.firmware…`.
 */
export function parseTdvf(bytes: Uint8Array): Tdvf {
  if (bytes.length > MOST_BYTES) {
    throw malformed('measure.firmware', `want at most ${MOST_BYTES} bytes, got ${bytes.length}`);
  }
  const table = readOvmfTable(bytes);
  const metadata = ovmfEntry(table, METADATA_GUID, 4, 'tdvf');
  if (metadata === undefined) {
    throw malformed('measure.firmware', 'no TDVF metadata: not built for TDX');
  }
  const sections = readTdvfSections(bytes, metadata.u32('offset'));
  if (!sections.some(holdsResetVector)) {
    // An MRTD that does not cover the first instruction vouches for nothing after it.
    throw malformed('measure.firmware.tdvf', 'the reset vector is in no measured section');
  }
  return { sections };
}

function holdsResetVector({ gpa, data, measured }: TdvfSection): boolean {
  return (
    measured === 'contents' && gpa <= RESET_VECTOR.start && gpa + data.length >= RESET_VECTOR.end
  );
}
