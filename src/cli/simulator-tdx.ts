import { utf8 } from '../core/bytes/text.ts';
import { formatTime } from '../core/encoding/time.ts';
import { TDX_FAULTS } from '../simulator/tdx/faults/table.ts';
import { TDX_VARIANTS } from '../simulator/tdx/faults/variants.ts';
import { type SimulatedTdx, simulateTdx } from '../simulator/tdx/simulate.ts';
import { type Io, usage } from './io.ts';
import { printJson } from './render.ts';
import { printCases, readCase } from './simulator-cases.ts';
import type { Args } from './verb.ts';
import { visible } from './visible.ts';
import { writeFiles } from './write-files.ts';

const CASES = { ...TDX_VARIANTS, ...TDX_FAULTS };

/** See {@link simulatorTdxVerb}. */
export async function simulatorTdx(io: Io, args: Args): Promise<number> {
  if (args.has('list')) {
    printCases(io, args, CASES);
    return 0;
  }
  const [dir] = args.operands;
  if (dir === undefined) throw usage('simulator tdx: want <dir>, or --list');
  const fault = readCase(args, CASES, 'valid_v4');
  const seed = args.one('seed');
  const made = await simulateTdx({ fault, ...(seed !== undefined && { seed }) });
  const files = filesOf(made);
  await writeFiles(dir, files);
  const at = formatTime(made.at);
  if (args.has('json')) printJson(io, { dir, files: Object.keys(files), at });
  else {
    const shown = visible(dir);
    io.out(
      `${Object.keys(files).join(', ')} in ${shown}; to verify:\n` +
        `postern verify tdx ${shown}/quote.bin --collateral ${shown}/collateral.json ` +
        `--trust-anchor ${shown}/root.der --at ${at}\n`,
    );
  }
  return 0;
}

function filesOf(made: SimulatedTdx): Readonly<Record<string, Uint8Array>> {
  return {
    'quote.bin': made.quote,
    'collateral.json': utf8(`${JSON.stringify(made.collateral, null, 1)}\n`),
    'root.der': made.root,
    'ccel-table.bin': made.ccelTable,
    'ccel.bin': made.ccelLog,
    'dstack-event-log.json': made.dstackLog,
  };
}
