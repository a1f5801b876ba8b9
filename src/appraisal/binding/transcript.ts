import { sha256, sha384 } from '#crypto';
import { lengthPrefixed } from '../../core/bytes/length-prefixed.ts';
import { utf8 } from '../../core/bytes/text.ts';

import { Fault } from '../../core/fault.ts';

/** Who asked, for what, and which keys answer. */
export interface Challenge {
  /** `admission:<gateway origin>`, `client`, `epoch:<ledger origin>`, `ssh-session`…; see {@link purposeProblem}. */
  readonly purpose: string;
  /** 32 bytes. */
  readonly nonce: Uint8Array;
  /** The exact bytes of the keyset. */
  readonly keyset: Uint8Array;
}

export interface Commitment extends Challenge {
  /** The exact bytes of the device evidence; empty when there are no devices. */
  readonly deviceEvidence: Uint8Array;
}

export const NONCE_SIZE = 32;

const REPORT_DATA_LABEL = utf8('postern/report-data/v1');
const DEVICE_NONCE_LABEL = utf8('postern/gpu-nonce/v1');
const REPORT_DATA_SIZE = 64;
const LONGEST_PURPOSE = 255;

/**
 * The hash by which evidence commits to its challenge, the keys and the devices: the first 48
 * bytes of REPORT_DATA, and whole what a vTPM's quote carries as its nonce
 *
 *     LP(x)      = u32be(length of x) ‖ x
 *     transcript = LP("postern/report-data/v1") ‖ LP(purpose) ‖ LP(nonce)
 *                  ‖ LP(SHA-384(keyset)) ‖ LP(SHA-384(device evidence))
 *     hash       = SHA-384(transcript)
 *
 * @throws Fault `usage` for a purpose or nonce that is none.
 */
export function transcriptHash({ deviceEvidence, ...challenge }: Commitment): Uint8Array {
  const fields = [...challengeFields(challenge), sha384(deviceEvidence)];
  return sha384(lengthPrefixed(REPORT_DATA_LABEL, ...fields));
}

/**
 * REPORT_DATA of our own evidence: the transcript's hash, then 16 zero bytes.
 *
 * @throws Fault `usage` for a purpose or nonce that is none.
 */
export function reportDataFor(commitment: Commitment): Uint8Array {
  const reportData = new Uint8Array(REPORT_DATA_SIZE);
  reportData.set(transcriptHash(commitment));
  return reportData;
}

/**
 * What each GPU and switch signs as its nonce, 32 bytes. Not made from REPORT_DATA, which
 * commits to the evidence that the devices give for this very nonce
 *
 *     SHA-256(LP("postern/gpu-nonce/v1") ‖ LP(purpose) ‖ LP(nonce) ‖ LP(SHA-384(keyset)))
 *
 * @throws Fault `usage` for a purpose or nonce that is none.
 */
export function gpuNonceFor(challenge: Challenge): Uint8Array {
  return sha256(lengthPrefixed(DEVICE_NONCE_LABEL, ...challengeFields(challenge)));
}

/**
 * Why this is no purpose, or undefined when it is one: 1 to 255 bytes of UTF-8 without control
 * characters. A lone surrogate has no bytes of its own, so that two purposes would hash alike.
 */
export function purposeProblem(purpose: string): string | undefined {
  if (!purpose.isWellFormed()) return 'a lone surrogate';
  if (/\p{Cc}/u.test(purpose)) return 'a control character';
  const { length } = utf8(purpose);
  return length >= 1 && length <= LONGEST_PURPOSE
    ? undefined
    : `want 1 to ${LONGEST_PURPOSE} bytes, got ${length}`;
}

function challengeFields({ purpose, nonce, keyset }: Challenge): readonly Uint8Array[] {
  const problem = purposeProblem(purpose);
  if (problem !== undefined) throw new Fault('usage', 'binding.purpose', problem);
  if (nonce.length !== NONCE_SIZE) {
    throw new Fault('usage', 'binding.nonce', `want ${NONCE_SIZE} bytes, got ${nonce.length}`);
  }
  return [utf8(purpose), nonce, sha384(keyset)];
}
