import { toHex } from '../core/bytes/hex.ts';
import { type NearOptions, nearOptions } from '../evidence/tdx/measure/explain.ts';
import {
  TDX_REGISTERS,
  type TdxReferenceValues,
  type TdxRegister,
  tdxReferenceValues,
} from '../evidence/tdx/measure/reference-values.ts';
import { parseQuote } from '../evidence/tdx/quote.ts';
import { decodeEvidence } from './input.ts';
import { EXIT, type Io, warn } from './io.ts';
import { painter } from './paint.ts';
import { printJson } from './render.ts';
import { readTdxInputs, TDX_MEASURE_OPTIONS } from './tdx-measure-input.ts';
import type { Args, Verb } from './verb.ts';

export const tdxMeasureVerb: Verb = {
  name: 'tdx measure',
  summary: 'Compute MRTD and RTMRs of a TDX guest, and compare them with a quote.',
  operands: '',
  arity: { min: 0, max: 0 },
  options: {
    ...TDX_MEASURE_OPTIONS,
    quote: { value: '<file>', help: 'compare with the registers of this quote' },
  },
  notes: [
    'MRTD comes from the firmware alone; RTMR1 from the kernel or the images that are booted; RTMR2 from command line and initrd of a kernel that is booted directly, Linux 6.9 or later. RTMR0 depends on the shape of the machine (memory, CPUs, ACPI tables, boot variables) and RTMR3 on what runs later: both come from an event log only.',
    'The firmware is the one file that the VMM loads: of a split build that is OVMF.fd, not OVMF_CODE.fd. Guests of Azure, and others whose firmware is not public, can’t be computed.',
    'A value from files is “calculated”; one from an event log is “observed”: it says what that machine was, not that it was as it should be. Where files and log tell of the same register they must agree, else the first event that differs is named.',
    'A register that no event went into is left out: zero would accept whatever runs unmeasured. The quote is read, not verified: see postern verify tdx.',
    'Where a quote differs, the other orders, separators and setup headers are tried with the same files, and what would have matched is printed.',
    'Exit code: 0 done or equal, 1 different or malformed files.',
  ],
  run: async (io, args) => {
    const inputs = await readTdxInputs(io, args);
    const values = tdxReferenceValues(inputs);
    const quoted = await readQuoted(io, args);
    const differing = quoted === undefined ? [] : differences(values, quoted);
    const notCompared = TDX_REGISTERS.filter((register) => values[register] === undefined);
    if (quoted && notCompared.length > 0) warn(io, `not compared: ${notCompared.join(', ')}`);
    const near = quoted && differing.length > 0 ? nearOptions(inputs, quoted) : [];
    if (args.has('json')) {
      printJson(io, {
        ...values,
        ...(quoted && { quoted, matches: differing.length === 0, differing, notCompared, near }),
      });
    } else {
      printValues(io, values, quoted);
      for (const each of near) io.out(`${nearSentence(each)}\n`);
    }
    return differing.length === 0 ? EXIT.accept : EXIT.reject;
  },
};

type Quoted = Readonly<Record<TdxRegister, string>>;

async function readQuoted(io: Io, args: Args): Promise<Quoted | undefined> {
  const path = args.one('quote');
  if (path === undefined) return undefined;
  const { mrTd, rtmrs } = parseQuote(decodeEvidence(await io.readFile(path))).body;
  const [rtmr0, rtmr1, rtmr2, rtmr3] = rtmrs;
  return {
    mrTd: toHex(mrTd),
    rtmr0: toHex(rtmr0),
    rtmr1: toHex(rtmr1),
    rtmr2: toHex(rtmr2),
    rtmr3: toHex(rtmr3),
  };
}

function differences(values: TdxReferenceValues, quoted: Quoted): readonly TdxRegister[] {
  return TDX_REGISTERS.filter(
    (register) => values[register] !== undefined && values[register] !== quoted[register],
  );
}

function printValues(io: Io, values: TdxReferenceValues, quoted: Quoted | undefined): void {
  const paint = painter(io.colours);
  for (const register of TDX_REGISTERS) {
    const value = values[register];
    if (value === undefined) continue;
    io.out(`${register.padEnd(6)} ${value} ${values.sources[register]}\n`);
    if (quoted === undefined) continue;
    const got = quoted[register];
    if (value === got) io.out(`       ${paint('green', '✓')} equal\n`);
    else io.out(`       ${paint('red', '✗')} different: ${got}\n`);
  }
}

/** In the words of the command line. */
function nearSentence({ register, options }: NearOptions): string {
  const { memoryBytes, setupHeader, ...rest } = options;
  const words = Object.entries({
    ...rest,
    ...(setupHeader !== undefined && { 'setup-header': setupHeader }),
    ...(typeof memoryBytes === 'number' && { memory: memoryBytes / 2 ** 20 }),
  });
  const given = words.map(([name, value]) => `--${name} ${value}`).join(' ');
  return `that ${register} is what the same files make with ${given}`;
}
