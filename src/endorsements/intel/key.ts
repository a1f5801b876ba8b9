import { Fault } from '../../core/fault.ts';

/** Which of Intel's two CAs issued a PCK certificate; each has its own CRL. */
export const PCK_CAS = ['platform', 'processor'] as const;
export type PckCa = (typeof PCK_CAS)[number];

/**
 * Which of Intel's evaluations: `standard`, `early` (in force before the update period of a
 * TCB recovery has ended), or one evaluation data number for as long as Intel serves it.
 */
export type TdxChannel = 'standard' | 'early' | number;

/** Which collateral a TDX platform needs. */
export interface TdxPlatform {
  /** Family-model-stepping-platform-customSKU: 12 hex digits, read from the PCK certificate. */
  readonly fmspc: string;
  readonly ca: PckCa;
}

export interface TdxEndorsementKey extends TdxPlatform {
  readonly channel: TdxChannel;
}

const LARGEST_NUMBER = 2 ** 31 - 1;

/**
 * The one form of a key. File names and URLs are built from it, so nothing passes here that
 * could climb out of a folder or add a parameter.
 *
 * @throws Fault `usage`.
 */
export function tdxEndorsementKey(
  { fmspc, ca }: { readonly fmspc: string; readonly ca: string },
  channel: TdxChannel,
): TdxEndorsementKey {
  if (!/^[0-9a-fA-F]{12}$/.test(fmspc)) {
    throw new Fault('usage', 'fmspc', `want 12 hex digits, got ${JSON.stringify(fmspc)}`);
  }
  const known = PCK_CAS.find((name) => name === ca);
  if (known === undefined) {
    throw new Fault('usage', 'ca', `want ${PCK_CAS.join(' or ')}, got ${JSON.stringify(ca)}`);
  }
  return { fmspc: fmspc.toLowerCase(), ca: known, channel: parseTdxChannel(String(channel)) };
}

/**
 * `standard`, `early` or an evaluation data number, as a flag gives it.
 *
 * @throws Fault `usage`.
 */
export function parseTdxChannel(text: string): TdxChannel {
  if (text === 'standard' || text === 'early') return text;
  const number = /^[1-9]\d{0,9}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > LARGEST_NUMBER) {
    const got = JSON.stringify(text);
    throw new Fault('usage', 'update', `want standard, early or an evaluation number, got ${got}`);
  }
  return number;
}

const FILE_NAME = /^([0-9a-f]{12})-([a-z]+)\.([a-z0-9]+)\.json$/;

export function tdxFileName({ fmspc, ca, channel }: TdxEndorsementKey): string {
  return `${fmspc}-${ca}.${channel}.json`;
}

/** The key of a file name of ours; undefined for any other name. */
export function tdxKeyOfFileName(name: string): TdxEndorsementKey | undefined {
  const [, fmspc, ca, channel] = FILE_NAME.exec(name) ?? [];
  if (fmspc === undefined || ca === undefined || channel === undefined) return undefined;
  try {
    return tdxEndorsementKey({ fmspc, ca }, parseTdxChannel(channel));
  } catch (error) {
    if (error instanceof Fault && error.code === 'usage') return undefined;
    throw error;
  }
}

/** For people: `FMSPC 90c06f000000 (platform CA, standard)`. */
export function tdxKeyText({ fmspc, ca, channel }: TdxEndorsementKey): string {
  const evaluation = typeof channel === 'number' ? `evaluation ${channel}` : channel;
  return `FMSPC ${fmspc} (${ca} CA, ${evaluation})`;
}
