import { toHex } from '../../../src/core/bytes/hex.ts';
import type { TdxCollateral } from '../../../src/evidence/tdx/collateral.ts';
import type { TdxEventLogInput } from '../../../src/evidence/tdx/event-log/check.ts';
import { otherSOfDer, withoutSign } from './ecdsa.ts';
import type { Evidence } from './evidence.ts';
import { type Extensions, extensionsOf, isDstack } from './logged.ts';
import { partsOf } from './quote-layout.ts';
import type { Platform, World } from './world.ts';

/**
 * Whether everything under a signature, a hash or a register is, byte for byte, what one
 * honest platform says. Only then may a verifier accept. What may differ is written down here:
 *
 * - white space and the final NUL of PEM, the order of a chain, PEM or hex, upper-case hex;
 * - zeros behind a quote;
 * - n - s in place of s, which ECDSA can't tell apart;
 * - the JSON around the collateral's members, and the CRL issuer chain, which nothing needs;
 * - of an event log all but which digests go into which register in which order.
 */
export class Covered {
  readonly #known = new Map<string, string>();
  readonly #honest: readonly {
    readonly quotes: ReadonlySet<string>;
    readonly collateral: string;
    readonly ccel: Extensions | undefined;
    readonly dstack: Extensions | undefined;
  }[];

  constructor({ certificates, crls, honest }: World) {
    for (const [i, der] of [...certificates, ...crls].entries()) {
      for (const form of [der, otherSOfDer(der)]) this.#known.set(toHex(form), `der ${i}`);
    }
    this.#honest = honest.map((platform) => ({
      quotes: new Set(platform.quotes.map((quote) => this.#ofQuote(quote) ?? 'unreadable')),
      collateral: this.#ofCollateral(platform.collateral) ?? 'unreadable',
      ...extensionsOfPlatform(platform),
    }));
  }

  asHonest({ quote, collateral, log }: Evidence): boolean {
    const ofQuote = this.#ofQuote(quote);
    const ofCollateral = this.#ofCollateral(membersOf(collateral));
    return this.#honest.some(
      (honest) =>
        ofQuote !== undefined &&
        honest.quotes.has(ofQuote) &&
        ofCollateral === honest.collateral &&
        (log === undefined || sameStory(log, honest)),
    );
  }

  #ofQuote(quote: Uint8Array): string | undefined {
    const parts = partsOf(quote);
    if (parts === undefined || parts.trailing.some((byte) => byte !== 0)) return undefined;
    return [
      toHex(parts.signed),
      withoutSign(parts.signature),
      toHex(parts.attestationKey),
      parts.outerType,
      toHex(parts.qeReport),
      withoutSign(parts.qeReportSignature),
      toHex(parts.qeAuthData),
      parts.innerType,
      this.#ofChain(Buffer.from(parts.certification).toString('latin1')),
    ].join('/');
  }

  #ofCollateral(members: Partial<Record<string, unknown>>): string | undefined {
    const text = (name: keyof TdxCollateral): string => {
      const value = members[name];
      return typeof value === 'string' ? value : `not a string: ${typeof value}`;
    };
    return JSON.stringify([
      text('tcb_info'),
      ofHexSignature(text('tcb_info_signature')),
      this.#ofChain(text('tcb_info_issuer_chain')),
      text('qe_identity'),
      ofHexSignature(text('qe_identity_signature')),
      this.#ofChain(text('qe_identity_issuer_chain')),
      this.#ofCrl(text('root_ca_crl')),
      this.#ofCrl(text('pck_crl')),
    ]);
  }

  #ofCrl(text: string): string {
    if (text.includes('-----BEGIN')) return this.#ofChain(text);
    const hex = text.trim().toLowerCase();
    return this.#known.get(hex) ?? hex;
  }

  /** Which structures a PEM text holds, whatever the order. */
  #ofChain(pem: string): string {
    const blocks = pem.matchAll(/-----BEGIN ([^-]*)-----([^-]*)-----END \1-----/g);
    const names = [...blocks].map(([, , body = '']) => {
      const hex = Buffer.from(body.replaceAll(/\s/g, ''), 'base64').toString('hex');
      return this.#known.get(hex) ?? hex;
    });
    return names.sort().join(' ');
  }
}

/** Of a file, by the platform's own JSON parser; nothing when it is none. */
function membersOf(collateral: TdxCollateral | Uint8Array): Partial<Record<string, unknown>> {
  if (!(collateral instanceof Uint8Array)) return { ...collateral };
  try {
    const value: unknown = JSON.parse(Buffer.from(collateral).toString());
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function ofHexSignature(text: string): string {
  return /^[0-9a-f]{128}$/i.test(text) ? withoutSign(Buffer.from(text, 'hex')) : text;
}

function extensionsOfPlatform({ ccelLog, dstackLog }: Platform) {
  return { ccel: extensionsOf(ccelLog), dstack: extensionsOf(Buffer.from(dstackLog)) };
}

/** Firmware's log need not tell of RTMR3; an expected story is told in all four. */
function sameStory(
  { log, expected }: TdxEventLogInput,
  honest: { readonly ccel: Extensions | undefined; readonly dstack: Extensions | undefined },
): boolean {
  const told = extensionsOf(log);
  const [due, registers] = isDstack(log) ? [honest.dstack, 4] : [honest.ccel, 3];
  if (told === undefined || due === undefined) return false;
  const first = (extensions: Extensions) => JSON.stringify(extensions.slice(0, registers));
  if (first(told) !== first(due)) return false;
  return expected === undefined || JSON.stringify(extensionsOf(expected)) === JSON.stringify(told);
}
