import { createPublicKey, type KeyObject, verify, X509Certificate } from 'node:crypto';
import { fromHex } from '../../src/core/bytes/hex.ts';
import { concatBytes } from '../../src/core/bytes/writer.ts';
import { toPem } from '../../src/core/encoding/pem.ts';
import { parseQuote, type Quote } from '../../src/evidence/tdx/quote.ts';
import { POOL_SIZE, pick, type TdxEvidence } from './evidence.ts';
import type { Workload } from './measure.ts';

/** One ECDSA verification, ready to be handed to OpenSSL. */
interface SignedMessage {
  readonly message: Uint8Array;
  /** DER: OpenSSL's own form, and its quickest. */
  readonly signature: Uint8Array;
}

/** What no verifier on this machine can beat: the primitives alone, straight from node:crypto. */
export type Limits = Readonly<Record<'p256' | 'tdx', Workload>>;

export function limitWorkloads({ first, sameKey, newKeys }: TdxEvidence): Limits {
  const known = sameKey.map((bytes) => signedByAttestationKey(parseQuote(bytes)));
  const knownKey = createPublicKey(pemOf(parseQuote(first)));
  const pck = pckKeyOf(parseQuote(first));
  const fresh = newKeys.map((bytes) => {
    const quote = parseQuote(bytes);
    return {
      pem: pemOf(quote),
      qeReport: signedByPck(quote),
      quote: signedByAttestationKey(quote),
    };
  });
  return {
    p256: {
      name: 'limit.p256',
      prepare: () => (call) => mustVerify(knownKey, pick(known, call)),
    },
    tdx: {
      name: 'limit.tdx',
      mostCalls: POOL_SIZE,
      prepare: () => (call) => {
        const { pem, qeReport, quote } = pick(fresh, call);
        mustVerify(pck, qeReport);
        mustVerify(createPublicKey(pem), quote);
      },
    },
  };
}

function mustVerify(key: KeyObject, { message, signature }: SignedMessage): void {
  if (!verify('sha256', message, key, signature)) throw new Error('a limit measured a failure');
}

function signedByAttestationKey({ signed, signature }: Quote): SignedMessage {
  return { message: signed, signature: toDer(signature) };
}

function signedByPck({ qeReport, qeReportSignature }: Quote): SignedMessage {
  return { message: qeReport.bytes, signature: toDer(qeReportSignature) };
}

/** SubjectPublicKeyInfo of an uncompressed P-256 point, before x ‖ y (RFC 5480). */
const SPKI_PREFIX = fromHex('3059301306072a8648ce3d020106082a8648ce3d03010703420004', 'spki');

/** A PEM string: the form that Node imports in half the time of any other. */
function pemOf({ attestationKey }: Quote): string {
  return toPem(concatBytes(SPKI_PREFIX, attestationKey), 'PUBLIC KEY');
}

/** OpenSSL reads the first certificate of the PEM text, which is the PCK's. */
function pckKeyOf({ certification }: Quote): KeyObject {
  return new X509Certificate(certification.data).publicKey;
}

/** ECDSA-Sig-Value: SEQUENCE { r INTEGER, s INTEGER }. */
function toDer(signature: Uint8Array): Uint8Array {
  const numbers = concatBytes(
    toInteger(signature.subarray(0, 32)),
    toInteger(signature.subarray(32)),
  );
  return concatBytes(Uint8Array.of(0x30, numbers.length), numbers);
}

function toInteger(number: Uint8Array): Uint8Array {
  const start = number.findIndex((byte) => byte !== 0);
  const magnitude = number.subarray(start);
  // A leading zero keeps the number positive.
  const padding = (magnitude[0] ?? 0) >= 0x80 ? [0] : [];
  return Uint8Array.of(0x02, padding.length + magnitude.length, ...padding, ...magnitude);
}
