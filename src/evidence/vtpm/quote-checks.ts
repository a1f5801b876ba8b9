import { verifyRsaPkcs1Sha256 } from '#crypto';
import { equalBytes } from '../../core/bytes/equal.ts';
import { toHex } from '../../core/bytes/hex.ts';
import type { Mismatch } from '../../core/mismatch.ts';
import type { CheckList } from '../check-list.ts';
import type { AttestationKey } from './attestation-key.ts';
import type { VtpmCheckId } from './checks.ts';
import type { TpmQuoteInput, VtpmInput } from './input.ts';
import { parsePcrs, pcrDigest, type SelectedPcr, selectedPcrs } from './pcrs.ts';
import { parseTpmQuote, type TpmQuote } from './tpm-quote.ts';
import { readQuoteSignature } from './tpm-signature.ts';

type Checks = CheckList<VtpmCheckId>;

/** What a quote was found to say. */
export interface Quoted {
  readonly quote?: TpmQuote;
  /** The attestation key signed it; whose key that is, other checks say. */
  readonly signed: boolean;
  /** Registers whose values hash to the quote's digest. */
  readonly pcrs?: readonly SelectedPcr[];
}

const NO_QUOTE = 'there is no TPM quote';

/** Asks of a quote what it is asked for; without one, only what needs one is left open. */
export function checkQuote(
  checks: Checks,
  input: VtpmInput,
  ak: AttestationKey | undefined,
): Quoted {
  const given = input.pcrs;
  const values = given && checks.read('vtpm.pcrs.format', () => parsePcrs(given));
  if (input.quote === undefined) {
    leaveOpen(checks, input);
    return { signed: false };
  }
  const { message } = input.quote;
  const quote = checks.read('vtpm.quote.format', () => parseTpmQuote(message));
  const signed = ak !== undefined && checkSignature(checks, input.quote, ak);
  if (quote === undefined) return { signed };
  checkNonce(checks, quote, input.nonce);
  const selected =
    values && checks.read('vtpm.pcrs.selection', () => selectedPcrs(quote.pcrSelect, values));
  const proven = selected && checkDigest(checks, quote, selected);
  return { quote, signed, ...(proven && { pcrs: proven }) };
}

function leaveOpen(checks: Checks, { nonce, pcrs }: VtpmInput): void {
  if (nonce || pcrs) checks.unresolved('vtpm.quote.format', NO_QUOTE);
  if (nonce) checks.unresolved('vtpm.quote.nonce', NO_QUOTE);
  if (pcrs) {
    checks.unresolved('vtpm.pcrs.selection', NO_QUOTE);
    checks.unresolved('vtpm.pcrs.digest', NO_QUOTE);
  }
}

function checkSignature(checks: Checks, quote: TpmQuoteInput, ak: AttestationKey): boolean {
  const verified = checks.read('vtpm.quote.signature', (): AttestationKey | Mismatch => {
    const signature = readQuoteSignature(quote.signature, ak.size);
    return verifyRsaPkcs1Sha256(ak.key, quote.message, signature)
      ? ak
      : { want: 'the quote signed by HCLAkPub', got: 'an invalid signature' };
  });
  return verified !== undefined;
}

/** Whole or not at all: a prefix is a nonce that somebody else may have asked for. */
function checkNonce(checks: Checks, quote: TpmQuote, nonce: Uint8Array | undefined): void {
  if (nonce === undefined) return;
  if (nonce.length === 0) {
    checks.unresolved('vtpm.quote.nonce', 'an empty nonce shows nothing to be fresh');
    return;
  }
  const same = equalBytes(quote.extraData, nonce);
  const mismatch = { want: toHex(nonce), got: toHex(quote.extraData) };
  checks.answer('vtpm.quote.nonce', same ? undefined : mismatch);
}

function checkDigest(
  checks: Checks,
  quote: TpmQuote,
  selected: readonly SelectedPcr[],
): readonly SelectedPcr[] | undefined {
  const digest = pcrDigest(selected);
  const same = equalBytes(quote.pcrDigest, digest);
  const mismatch = { want: toHex(quote.pcrDigest), got: toHex(digest) };
  checks.answer('vtpm.pcrs.digest', same ? undefined : mismatch);
  return same ? selected : undefined;
}
