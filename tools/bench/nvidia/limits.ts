import { createPublicKey, X509Certificate } from 'node:crypto';
import { parseBundle } from '../../../src/appraisal/bundle/format.ts';
import { fromHex } from '../../../src/core/bytes/hex.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { toPem } from '../../../src/core/encoding/pem.ts';
import { readNvidiaEvidence } from '../../../src/evidence/nvidia/evidence-json.ts';
import { parseNvidiaReport } from '../../../src/evidence/nvidia/report.ts';
import { parseQuote } from '../../../src/evidence/tdx/quote.ts';
import { mustVerify, type SignedMessage, toSigValue } from '../ecdsa.ts';
import type { Workload } from '../measure.ts';
import { pick } from '../pool.ts';
import type { NodeEvidence, NvidiaEvidence } from './evidence.ts';

/**
 * What no verifier on this machine can beat: one P-384 verification with SHA-384 over the 4 KB
 * that a GPU signs, the key ready, straight from node:crypto.
 */
export function reportLimit({ given, reports }: NvidiaEvidence): Workload {
  const { publicKey } = new X509Certificate(given.chain ?? new Uint8Array());
  const signed = reports.map(signedByDevice);
  return {
    name: 'limit.p384',
    prepare: () => (call) => mustVerify('sha384', publicKey, pick(signed, call)),
  };
}

function signedByDevice(bytes: Uint8Array): SignedMessage {
  const { signed, signature } = parseNvidiaReport(bytes);
  return { message: signed, signature: toSigValue(signature) };
}

/** A signature, and the key as it is before it is imported. */
interface Unready {
  readonly hash: 'sha256' | 'sha384';
  readonly pem: string;
  readonly signed: SignedMessage;
}

/** The same of a machine: 12 P-384 and 2 P-256 verifications, each with the import of its key. */
export function nodeLimit({ bundles }: NodeEvidence): Workload {
  const all = bundles.map(signaturesOf);
  return {
    name: 'limit.node',
    mostCalls: bundles.length,
    prepare: () => (call) => {
      for (const { hash, pem, signed } of pick(all, call)) {
        mustVerify(hash, createPublicKey(pem), signed);
      }
    },
  };
}

function signaturesOf(bytes: Uint8Array): readonly Unready[] {
  const { cpu, devices } = parseBundle(bytes);
  if (cpu?.kind !== 'tdx') throw new Error('the bench has a TDX machine');
  const quote = parseQuote(cpu.quote);
  return [
    {
      hash: 'sha256',
      pem: pemOf(new X509Certificate(quote.certification.data).publicKey.export(DER)),
      signed: { message: quote.qeReport.bytes, signature: toSigValue(quote.qeReportSignature) },
    },
    {
      hash: 'sha256',
      pem: pemOf(concatBytes(P256_SPKI_PREFIX, quote.attestationKey)),
      signed: { message: quote.signed, signature: toSigValue(quote.signature) },
    },
    ...readNvidiaEvidence(devices).map(({ report, chain = new Uint8Array() }) => ({
      hash: 'sha384' as const,
      pem: pemOf(new X509Certificate(chain).publicKey.export(DER)),
      signed: signedByDevice(report),
    })),
  ];
}

const DER = { type: 'spki', format: 'der' } as const;

/** SubjectPublicKeyInfo of an uncompressed P-256 point, before x ‖ y (RFC 5480). */
const P256_SPKI_PREFIX = fromHex('3059301306072a8648ce3d020106082a8648ce3d03010703420004', 'spki');

/** A PEM string: the form that Node imports in half the time of any other. */
function pemOf(spki: Uint8Array): string {
  return toPem(spki, 'PUBLIC KEY');
}
