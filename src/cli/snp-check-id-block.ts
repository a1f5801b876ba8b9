import { checkIdBlock, type IdBlockInput } from '../evidence/snp/measure/check-id-block.ts';
import { ID_BLOCK_CHECKS } from '../evidence/snp/measure/id-block-checks.ts';
import { keyInfoOf } from '../evidence/snp/report.ts';
import { decodeEvidence } from './input.ts';
import { EXIT, type Io } from './io.ts';
import { printChecks, printClaims, printJson } from './render.ts';
import { readReportFile } from './snp-report-file.ts';
import type { Verb } from './verb.ts';

export const snpCheckIdBlockVerb: Verb = {
  name: 'snp check-id-block',
  summary: 'Check the signatures of an SEV-SNP ID block, and compare it with a report.',
  operands: '<id-block> <id-auth>',
  arity: { min: 2, max: 2 },
  options: {
    report: {
      value: '<file>',
      help: 'the report of a guest that should have been launched with it',
    },
  },
  notes: [
    'Each file may be binary, hex or base64. Whose the keys are the block can’t prove: compare the digests that are printed with those of your own keys. The report is read, not verified: see postern verify snp.',
    'Exit code: 0 in order, 1 not.',
  ],
  run: async (io, args) => {
    const path = args.one('report');
    const result = checkIdBlock({
      idBlock: decodeEvidence(await io.readFile(args.operand(0))),
      idAuth: decodeEvidence(await io.readFile(args.operand(1))),
      ...(path !== undefined && (await readReported(io, path))),
    });
    if (args.has('json')) {
      printJson(io, result);
    } else {
      printChecks(io, result.checks, asksOf);
      io.out('\n');
      printClaims(io, result.claims);
    }
    return EXIT[result.verdict];
  },
};

async function readReported(
  io: Io,
  path: string,
): Promise<Omit<IdBlockInput, 'idBlock' | 'idAuth'>> {
  const report = await readReportFile(io, path);
  const { measurement, familyId, imageId, guestSvn, policy, idKeyDigest, authorKeyDigest } = report;
  return {
    measurement,
    familyId,
    imageId,
    guestSvn,
    policy,
    idKeyDigest,
    ...(keyInfoOf(report).authorKeyEn && { authorKeyDigest }),
  };
}

function asksOf(id: string): string {
  return id in ID_BLOCK_CHECKS ? ID_BLOCK_CHECKS[id as keyof typeof ID_BLOCK_CHECKS].asks : '';
}
