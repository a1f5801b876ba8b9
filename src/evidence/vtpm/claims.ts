import { toHex } from '../../core/bytes/hex.ts';
import type { Claims } from '../verification.ts';
import { type HclReport, runtimeDigest } from './hcl-report.ts';
import type { SelectedPcr } from './pcrs.ts';
import type { RsaJwk, RuntimeData } from './runtime-data.ts';
import { algorithmName } from './tpm-algorithms.ts';
import type { TpmQuote } from './tpm-quote.ts';

/** Every field of the envelope; whether to believe them is what the checks say. */
export function hclClaims(hcl: HclReport): Claims {
  return {
    hclVersion: hcl.version,
    hclHardware: hcl.hardware,
    hclHardwareReport: toHex(hcl.hardwareReport),
    hclHash: hcl.hash,
    runtimeDigest: toHex(runtimeDigest(hcl)),
    hclTrailingZeroBytes: hcl.trailingZeroBytes,
  };
}

/** What the paravisor says in the hashed JSON. */
export function runtimeClaims({ ak, ek, ...runtime }: RuntimeData): Claims {
  return {
    ...(ak && { akPublicKey: keyClaims(ak) }),
    ...(ek && { ekPublicKey: keyClaims(ek) }),
    otherKeys: runtime.otherKeys,
    ...(runtime.vmConfiguration && { vmConfiguration: runtime.vmConfiguration }),
    ...(runtime.userData && { userData: toHex(runtime.userData) }),
  };
}

function keyClaims({ modulus, exponent, keyOps }: RsaJwk): Claims {
  return { modulus: toHex(modulus), exponent: toHex(exponent), keyOps };
}

/** Every field of a TPM quote. */
export function tpmQuoteClaims(quote: TpmQuote): Claims {
  const { clockInfo } = quote;
  return {
    qualifiedSigner: toHex(quote.qualifiedSigner),
    extraData: toHex(quote.extraData),
    clockInfo: { ...clockInfo, clock: `0x${clockInfo.clock.toString(16)}` },
    firmwareVersion: `0x${quote.firmwareVersion.toString(16)}`,
    pcrSelection: quote.pcrSelect.map(({ hash, pcrs }) => ({ bank: algorithmName(hash), pcrs })),
    pcrDigest: toHex(quote.pcrDigest),
  };
}

/** Values by bank and index; of those that a quote covers and nothing else. */
export function pcrClaims(selected: readonly SelectedPcr[]): Claims {
  const banks: Record<string, Record<string, string>> = {};
  for (const { hash, index, value } of selected) {
    const bank = algorithmName(hash);
    banks[bank] = { ...banks[bank], [index]: toHex(value) };
  }
  return banks;
}
