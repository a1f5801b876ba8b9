import type { JsonShape } from '../../core/encoding/json-shape.ts';
import { Fault } from '../../core/fault.ts';
import { quoteIn } from '../binding/ra-tls.ts';
import { certificateMember } from '../binding/tls-certificate.ts';
import type { BundleCpu } from './cpu.ts';

/** First byte of dstack's log as JSON; in newer certificates it is packed, and left out here. */
const ARRAY = 0x5b;

/**
 * The CPU evidence that an RA-TLS certificate carries itself.
 *
 * @returns undefined for another recipe, and where there is none: other questions say why.
 */
export function cpuInCertificate(binding: JsonShape): BundleCpu | undefined {
  if (binding.value('recipe') !== 'dstack-ra-tls') return undefined;
  try {
    const { quote, eventLog } = quoteIn(certificateMember(binding, 'certificate'));
    return { kind: 'tdx', quote, ...(eventLog?.[0] === ARRAY && { eventLog }) };
  } catch (error) {
    if (error instanceof Fault && error.code !== 'internal') return undefined;
    throw error;
  }
}
