import type { ShownKey } from '../../appraisal/binding/possession.ts';
import type { Challenge } from '../../appraisal/binding/transcript.ts';
import type { BundleCpu } from '../../appraisal/bundle/cpu.ts';
import { BUNDLE_LIMITS, parseBundle } from '../../appraisal/bundle/format.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { utf8 } from '../../core/bytes/text.ts';
import { toBase64 } from '../../core/encoding/base64.ts';
import { malformed } from '../../core/fault.ts';

/**
 * The file that a challenge is answered with (see `appraisal/bundle/format.ts`), by the recipe
 * `postern-v1`.
 *
 * @param possession keys of the keyset that are shown to be there.
 * @throws Fault `malformed` for what no verifier would read.
 */
export function writeBundle(
  cpu: BundleCpu,
  devices: Uint8Array,
  { purpose, nonce, keyset }: Challenge,
  possession: readonly ShownKey[],
): Uint8Array {
  const document = {
    v: 1,
    cpu: writtenCpu(cpu),
    ...(devices.length > 0 && { devices: toBase64(devices) }),
    binding: {
      recipe: 'postern-v1',
      purpose,
      nonce: toHex(nonce),
      keyset: toBase64(keyset),
      ...(possession.length > 0 && { possession: possession.map(writtenKey) }),
    },
  };
  const bytes = utf8(`${JSON.stringify(document)}\n`);
  if (bytes.length > BUNDLE_LIMITS.bundle) throw malformed('bundle', `${bytes.length} bytes`);
  parseBundle(bytes);
  return bytes;
}

function writtenKey({ use, key, signature }: ShownKey): Readonly<Record<string, string>> {
  return { use, key: toBase64(key), signature: toBase64(signature) };
}

function writtenCpu(cpu: BundleCpu): Readonly<Record<string, string>> {
  if (cpu.kind === 'snp') return { kind: cpu.kind, report: toBase64(cpu.report) };
  return {
    kind: cpu.kind,
    quote: toBase64(cpu.quote),
    ...(cpu.eventLog && { event_log: toBase64(cpu.eventLog) }),
    ...(cpu.ccelTable && { ccel_table: toBase64(cpu.ccelTable) }),
  };
}
