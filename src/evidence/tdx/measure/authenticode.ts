import { sha384 } from '#crypto';
import { concatBytes } from '../../../core/bytes/writer.ts';
import { parsePeImage } from './pe-image.ts';

/**
 * What firmware extends for an EFI application before it runs it: its Authenticode hash, which
 * is the file without its checksum, the entry that points to its signatures, and these
 * (Windows Authenticode Portable Executable Signature Format, "Calculating the PE image hash").
 *
 * As edk2 does, and unlike programs that sign, this adds no zeros to a file whose size is no
 * multiple of eight.
 *
 * @returns SHA-384, 48 bytes.
 * @throws Fault `malformed` or `unsupported` at `measure.image…`.
 */
export function authenticodeSha384(image: Uint8Array): Uint8Array {
  const { bytes, checksum, securityDirectory, certificates } = parsePeImage(image);
  const skipped = securityDirectory ?? { start: checksum.end, end: checksum.end };
  return sha384(
    concatBytes(
      bytes.subarray(0, checksum.start),
      bytes.subarray(checksum.end, skipped.start),
      bytes.subarray(skipped.end, certificates.start),
    ),
  );
}
