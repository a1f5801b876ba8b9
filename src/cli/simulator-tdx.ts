import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { utf8 } from '../core/bytes/text.ts';
import { formatTime } from '../core/encoding/time.ts';
import { Fault } from '../core/fault.ts';
import {
  TDX_FAULTS,
  type TdxFaultName,
  type TdxVariantName,
} from '../simulator/tdx/faults/table.ts';
import { TDX_VARIANTS } from '../simulator/tdx/faults/variants.ts';
import { type SimulatedTdx, simulateTdx } from '../simulator/tdx/simulate.ts';
import { type Io, usage } from './io.ts';
import { printJson } from './render.ts';
import type { Args } from './verb.ts';
import { visible } from './visible.ts';

type CaseName = TdxFaultName | TdxVariantName;

const CASES: Readonly<Record<string, { readonly describes: string }>> = {
  ...TDX_VARIANTS,
  ...TDX_FAULTS,
};

/** See {@link simulatorTdxVerb}. */
export async function simulatorTdx(io: Io, args: Args): Promise<number> {
  if (args.has('list')) {
    const cases = Object.entries(CASES).map(([name, { describes }]) => ({ name, describes }));
    if (args.has('json')) printJson(io, { cases });
    else for (const { name, describes } of cases) io.out(`${name.padEnd(44)} ${describes}\n`);
    return 0;
  }
  const [dir] = args.operands;
  if (dir === undefined) throw usage('simulator tdx: want <dir>, or --list');
  const name = args.one('case') ?? 'valid_v4';
  if (!isCase(name)) throw usage(`--case: no case ${JSON.stringify(name)}; see --list`);
  const seed = args.one('seed');
  const made = await simulateTdx({ fault: name, ...(seed !== undefined && { seed }) });
  const files = filesOf(made);
  await writeAll(dir, files);
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

function isCase(name: string): name is CaseName {
  return Object.hasOwn(CASES, name);
}

async function writeAll(dir: string, files: Readonly<Record<string, Uint8Array>>): Promise<void> {
  try {
    await mkdir(dir, { recursive: true });
    for (const [file, bytes] of Object.entries(files)) await writeFile(join(dir, file), bytes);
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new Fault('unreachable', dir, `can’t be written (${reason})`, { cause });
  }
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
