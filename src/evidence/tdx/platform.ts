import { toHex } from '../../core/bytes/hex.ts';
import { Fault, malformed } from '../../core/fault.ts';
import type { TrustAnchor } from '../../core/x509/anchors.ts';
import { readPckChain } from './pck-chain.ts';
import { parseQuote } from './quote.ts';

/** What collateral is filed under. */
export interface QuotePlatform {
  /** 12 lower-case hex digits. */
  readonly fmspc: string;
  /** Which of Intel's two PCK CAs issued the certificate; each has its own CRL. */
  readonly ca: 'platform' | 'processor';
}

/**
 * Which platform a quote is from, as its PCK chain proves it: anybody can write an FMSPC
 * into a quote, and nobody should make us fetch for it.
 *
 * @throws Fault `malformed` or `unsupported` when the quote does not prove it.
 */
export function quotePlatform(quote: Uint8Array, anchors: readonly TrustAnchor[]): QuotePlatform {
  const chain = readPckChain(certificationOf(quote), anchors);
  const problem = chain.checks.find((check) => check.outcome !== 'pass');
  const { certificates, extension } = chain;
  if (problem || certificates === undefined || extension === undefined) {
    throw malformed(
      'quote.certification_data',
      `no endorsements are looked for, since the quote’s PCK chain does not reach a trusted root (${problem?.id})`,
    );
  }
  const ca = certificates.ca.subject.commonName.includes('Processor') ? 'processor' : 'platform';
  return { fmspc: toHex(extension.fmspc), ca };
}

function certificationOf(quote: Uint8Array) {
  try {
    return parseQuote(quote).certification;
  } catch (error) {
    if (!(error instanceof Fault) || error.code === 'internal') throw error;
    const why = `no endorsements are looked for, since the quote can’t be read (${error.message})`;
    throw new Fault(error.code, error.at, why);
  }
}
