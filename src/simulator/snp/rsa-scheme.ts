import { fromHex } from '../../core/bytes/hex.ts';
import { TAG } from '../../core/encoding/der.ts';
import { der, derNumber, derOid, derSequenceOf } from '../der-writer.ts';
import type { RsaSimulatorKey } from '../rsa.ts';

/** How a CA signs: the AlgorithmIdentifier that it writes, and the signature itself. */
interface RsaScheme {
  readonly oid: string;
  /** DER of the parameters. */
  readonly parameters: Uint8Array;
  readonly sign: (key: RsaSimulatorKey, message: Uint8Array) => Uint8Array;
}

const RSASSA_PSS = '1.2.840.113549.1.1.10';
const SHA384_WITH_RSA = '1.2.840.113549.1.1.12';
const MGF1 = '1.2.840.113549.1.1.8';
const HASHES = { sha256: '2.16.840.1.101.3.4.2.1', sha384: '2.16.840.1.101.3.4.2.2' } as const;
const NULL = fromHex('0500', 'simulator.null');

interface PssWritten {
  readonly hash: keyof typeof HASHES;
  readonly saltLength: number;
  /** Whether the default trailer field is spelled out, as AMD did until about 2025. */
  readonly trailerField: 'explicit' | 'default';
}

/** RSASSA-PSS-params (RFC 4055 section 3.1). */
function pssParameters({ hash, saltLength, trailerField }: PssWritten): Uint8Array {
  const algorithm = derSequenceOf(derOid(HASHES[hash]), NULL);
  const fields = [
    der(0xa0, algorithm),
    der(0xa1, derSequenceOf(derOid(MGF1), algorithm)),
    der(0xa2, derNumber(saltLength)),
    ...(trailerField === 'explicit' ? [der(0xa3, derNumber(1))] : []),
  ];
  return der(TAG.sequence, ...fields);
}

function pss(written: PssWritten, used: Partial<PssWritten> = {}): RsaScheme {
  return {
    oid: RSASSA_PSS,
    parameters: pssParameters(written),
    sign: (key, message) => key.signPss(message, { ...written, ...used }),
  };
}

const AMD = { hash: 'sha384', saltLength: 48, trailerField: 'default' } as const;

/** The two that AMD uses, and what somebody else might sign with. */
export const RSA_SCHEMES = {
  pss: pss(AMD),
  'pss with trailer field': pss({ ...AMD, trailerField: 'explicit' }),
  'pss with salt of 32': pss({ ...AMD, saltLength: 32 }),
  'pss with SHA-256': pss({ ...AMD, hash: 'sha256', saltLength: 32 }),
  'pss, salt shorter than said': pss(AMD, { saltLength: 32 }),
  'pss, hash other than said': pss(AMD, { hash: 'sha256' }),
  pkcs1: {
    oid: SHA384_WITH_RSA,
    parameters: NULL,
    sign: (key: RsaSimulatorKey, message: Uint8Array) => key.signPkcs1Sha384(message),
  },
  'pkcs1 under the name of pss': {
    ...pss(AMD),
    sign: (key: RsaSimulatorKey, message: Uint8Array) => key.signPkcs1Sha384(message),
  },
} as const satisfies Record<string, RsaScheme>;

export type RsaSchemeName = keyof typeof RSA_SCHEMES;
