import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { fromHex } from '../../../src/core/bytes/hex.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { toPem } from '../../../src/core/encoding/pem.ts';
import { parseQuote, type Quote } from '../../../src/evidence/tdx/quote.ts';
import { mustVerify, type SignedMessage, toSigValue } from '../ecdsa.ts';
import type { Workload } from '../measure.ts';
import { pick } from '../pool.ts';
import { POOL_SIZE, type TdxEvidence } from './evidence.ts';

/** What no verifier on this machine can beat: the primitives alone, straight from node:crypto. */
export type TdxLimits = Readonly<Record<'p256' | 'tdx', Workload>>;

export function tdxLimits({ first, sameKey, newKeys }: TdxEvidence): TdxLimits {
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
      prepare: () => (call) => mustVerify('sha256', knownKey, pick(known, call)),
    },
    tdx: {
      name: 'limit.tdx',
      mostCalls: POOL_SIZE,
      prepare: () => (call) => {
        const { pem, qeReport, quote } = pick(fresh, call);
        mustVerify('sha256', pck, qeReport);
        mustVerify('sha256', createPublicKey(pem), quote);
      },
    },
  };
}

function signedByAttestationKey({ signed, signature }: Quote): SignedMessage {
  return { message: signed, signature: toSigValue(signature) };
}

function signedByPck({ qeReport, qeReportSignature }: Quote): SignedMessage {
  return { message: qeReport.bytes, signature: toSigValue(qeReportSignature) };
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
