import { X509Certificate } from 'node:crypto';
import { isMismatch } from '../../../src/core/mismatch.ts';
import { amdSignature } from '../../../src/evidence/snp/amd-signature.ts';
import { parseSnpReport } from '../../../src/evidence/snp/report.ts';
import { mustVerify, type SignedMessage, toSigValue } from '../ecdsa.ts';
import type { Workload } from '../measure.ts';
import { pick } from '../pool.ts';
import type { SnpEvidence } from './evidence.ts';

/**
 * What no verifier on this machine can beat: one P-384 verification with SHA-384 over the
 * 0x2a0 bytes that a report signs, the key ready, straight from node:crypto.
 */
export function p384Limit({ vcek, reports }: SnpEvidence): Workload {
  const { publicKey } = new X509Certificate(vcek);
  const signed = reports.map(signedByVcek);
  return {
    name: 'limit.p384',
    prepare: () => (call) => mustVerify('sha384', publicKey, pick(signed, call)),
  };
}

function signedByVcek(bytes: Uint8Array): SignedMessage {
  const report = parseSnpReport(bytes);
  const read = amdSignature(report.signature);
  if (isMismatch(read)) throw new Error(`the bench's report has no signature: ${read.got}`);
  return { message: report.signed, signature: toSigValue(read.signature) };
}
