import { AMD_ROOTS } from '../core/x509/amd-roots.ts';
import type { AmdFetchRequest } from '../endorsements/amd/fetch.ts';
import { parseProductLine } from '../endorsements/amd/key.ts';
import { readAnchors } from './input.ts';
import { type Io, usage } from './io.ts';
import { KDS_OPTION, patient, readKds } from './kds-option.ts';
import { readReportFile } from './snp-report-file.ts';
import { type Args, asOption, type Options } from './verb.ts';

/** What `endorsements fetch` can be asked for of AMD's. */
export const AMD_FETCH_OPTIONS: Options = {
  report: {
    value: '<file>',
    multiple: true,
    help: 'fetch VCEK, chain and CRL for this SEV-SNP report; signed by a VLEK: chain and CRL',
  },
  product: {
    value: '<milan|genoa|turin>',
    multiple: true,
    help: 'fetch AMD’s chains and CRLs of this product line',
  },
  kds: KDS_OPTION,
};

/** Undefined when nothing of AMD's is asked for. */
export async function readAmdRequest(io: Io, args: Args): Promise<AmdFetchRequest | undefined> {
  const base = readKds(args);
  const products = args.many('product').map((name) => {
    return asOption('product', () => parseProductLine(name));
  });
  const reports = await Promise.all(args.many('report').map((path) => readReportFile(io, path)));
  if (products.length === 0 && reports.length === 0) {
    if (args.has('kds')) throw usage('--kds is about AMD: give --report or --product as well');
    return undefined;
  }
  const anchors = await readAnchors(io, args, AMD_ROOTS);
  return { dir: args.operand(0), base, anchors, reports, products, client: patient(io) };
}
