/** How long a campaign goes on: until both are reached. */
export interface Effort {
  readonly seconds: number;
  readonly inputs: number;
}

function fromEnvironment(name: string): number | undefined {
  const text = process.env[name];
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new RangeError(`${name}: want a number`);
  return value;
}

/** Drawn anew for every run unless POSTERN_FUZZ_SEED repeats one; it stands in every test's name. */
export const SEED = fromEnvironment('POSTERN_FUZZ_SEED') ?? Math.floor(Math.random() * 2 ** 31);

/** POSTERN_FUZZ_SECONDS and POSTERN_FUZZ_INPUTS lengthen any campaign. */
export function effort(usual: Effort): Effort {
  return {
    seconds: fromEnvironment('POSTERN_FUZZ_SECONDS') ?? usual.seconds,
    inputs: fromEnvironment('POSTERN_FUZZ_INPUTS') ?? usual.inputs,
  };
}

/**
 * What the long campaigns try at least, of TDX together more than 200,000 inputs. Time alone
 * would let a busy machine pass with a handful. Signatures of P-384 take several times as long.
 */
export const LONG = {
  quote: { seconds: 20, inputs: 100_000 },
  collateral: { seconds: 20, inputs: 50_000 },
  eventLog: { seconds: 20, inputs: 50_000 },
  everything: { seconds: 20, inputs: 20_000 },
  memory: { seconds: 20, inputs: 50_000 },
  snpReport: { seconds: 15, inputs: 5_000 },
  snpCertificates: { seconds: 15, inputs: 5_000 },
  snpChain: { seconds: 8, inputs: 4_000 },
  snpEverything: { seconds: 15, inputs: 6_000 },
  snpMemory: { seconds: 10, inputs: 5_000 },
  vtpm: { seconds: 8, inputs: 10_000 },
  nvidia: { seconds: 10, inputs: 2_000 },
  nvidiaMemory: { seconds: 8, inputs: 4_000 },
} as const satisfies Record<string, Effort>;
