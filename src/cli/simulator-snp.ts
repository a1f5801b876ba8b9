import { toHex } from '../core/bytes/hex.ts';
import { formatTime } from '../core/encoding/time.ts';
import type { MinimumTcb } from '../evidence/snp/tcb-version.ts';
import { SNP_FAULTS, snpCase } from '../simulator/snp/faults/table.ts';
import { SNP_VARIANTS } from '../simulator/snp/faults/variants.ts';
import { SNP_PRODUCTS, type SnpProduct } from '../simulator/snp/product.ts';
import { type SimulatedSnp, simulateSnp } from '../simulator/snp/simulate.ts';
import { type Io, usage } from './io.ts';
import { printJson } from './render.ts';
import { printCases, readCase } from './simulator-cases.ts';
import type { Args } from './verb.ts';
import { visible } from './visible.ts';
import { writeFiles } from './write-files.ts';

const CASES = { ...SNP_VARIANTS, ...SNP_FAULTS };
const PRODUCTS = Object.keys(SNP_PRODUCTS) as SnpProduct[];

/** See {@link simulatorSnpVerb}. */
export async function simulatorSnp(io: Io, args: Args): Promise<number> {
  if (args.has('list')) {
    printCases(io, args, CASES);
    return 0;
  }
  const [dir] = args.operands;
  if (dir === undefined) throw usage('simulator snp: want <dir>, or --list');
  const fault = readCase(args, CASES, 'valid_v5');
  const { products = PRODUCTS } = snpCase(fault);
  const product = readProduct(args, fault, products);
  const seed = args.one('seed');
  const made = await simulateSnp({ fault, product, ...(seed !== undefined && { seed }) });
  const files = filesOf(made);
  await writeFiles(dir, Object.fromEntries(files.map(({ name, bytes }) => [name, bytes])));
  const at = formatTime(made.at);
  const names = files.map(({ name }) => name);
  if (args.has('json')) printJson(io, { dir, product, files: names, options: asked(made), at });
  else io.out(`${names.join(', ')} in ${visible(dir)}; to verify:\n${command(made, dir)}\n`);
  return 0;
}

/** The one named, else Genoa, else the first of which the case makes sense. */
function readProduct(args: Args, fault: string, products: readonly SnpProduct[]): SnpProduct {
  const given = args.one('product');
  if (given === undefined) {
    const [first = 'genoa'] = products;
    return products.includes('genoa') ? 'genoa' : first;
  }
  const known = products.find((product) => product === given);
  if (known === undefined) {
    const got = JSON.stringify(given);
    throw usage(`--product: ${fault} is of ${products.join(', ')}, got ${got}`);
  }
  return known;
}

interface EvidenceFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** The option of `verify snp` that takes it; none for the report. */
  readonly option?: string;
}

function filesOf({ report, extendedReport, vek, chain, crl, root, plan }: SimulatedSnp) {
  const { vekForm, chainForm, crl: crlForm } = plan.handed;
  const files: EvidenceFile[] = [{ name: 'report.bin', bytes: extendedReport ?? report }];
  if (vek) files.push({ name: `vek.${vekForm}`, bytes: vek, option: '--vek' });
  for (const [i, bytes] of chain.entries()) {
    files.push({ name: `chain-${i + 1}.${chainForm}`, bytes, option: '--chain' });
  }
  if (crl) files.push({ name: `crl.${crlForm}`, bytes: crl, option: '--crl' });
  files.push({ name: 'root.der', bytes: root, option: '--trust-anchor' });
  return files;
}

/** Offline: AMD's service knows nothing of simulated chips. */
function command(made: SimulatedSnp, dir: string): string {
  const words = filesOf(made).flatMap(({ name, option }) => [
    ...(option ? [option] : []),
    `${visible(dir)}/${name}`,
  ]);
  const at = formatTime(made.at);
  return ['postern verify snp', ...words, ...asked(made), '--offline', '--at', at].join(' ');
}

/** What the case asks beyond the baseline, as options of `verify snp`. */
function asked({ questions }: SimulatedSnp): string[] {
  const { reportData, fixes = [], revocation, relax = {} } = questions;
  const { vmpls = [], platformInfoBits = [] } = relax;
  return [
    ...(reportData ? ['--report-data', toHex(reportData)] : []),
    ...minimum('--min-tcb', questions.minimumTcb),
    ...minimum('--min-launch-tcb', questions.minimumLaunchTcb),
    ...minimum('--min-committed-tcb', questions.minimumCommittedTcb),
    ...fixes.flatMap((fix) => ['--require-fix', fix]),
    ...(revocation ? ['--require-crl'] : []),
    ...vmpls.flatMap((vmpl) => ['--allow-vmpl', String(vmpl)]),
    ...platformInfoBits.flatMap((bit) => ['--allow-platform-bit', String(bit)]),
  ];
}

function minimum(option: string, tcb: MinimumTcb = {}): string[] {
  const parts = Object.entries(tcb).map(([name, spl]) => `${name}=${spl}`);
  return parts.length > 0 ? [option, parts.join(',')] : [];
}
