import { fits } from './command-line-words.ts';
import { isSkipped } from './said-values.ts';
import type { Policy } from './schema/policy.ts';
import type { TdxRules } from './schema/tdx.ts';

type Report = (path: string, problem: string) => void;

const PATH = 'spec.logHygiene';

/** Whether what a policy asks of logs can be told from this kind of evidence, and be met. */
export function checkLogHygiene(
  { evidence: { cpu }, logHygiene }: Policy['spec'],
  report: Report,
): void {
  if (cpu.type === 'amd-sev-snp') checkNoLog(logHygiene, report);
  else checkHidden(cpu, logHygiene, report);
  checkContradictions(logHygiene, report);
}

function checkNoLog(logHygiene: Policy['spec']['logHygiene'], report: Report): void {
  for (const name of ['commandLine', 'events'] as const) {
    if (isSkipped(logHygiene[name])) continue;
    report(
      `${PATH}.${name}`,
      'SEV-SNP evidence has no event log: skip this, and say what in the measurement takes its place',
    );
  }
}

/** A register that takes further events hides the line that the kernel had behind another. */
function checkHidden(
  { referenceSets }: TdxRules,
  { commandLine }: Policy['spec']['logHygiene'],
  report: Report,
): void {
  if (isSkipped(commandLine)) return;
  for (const { id, rtmr2 } of referenceSets) {
    const open = typeof rtmr2 !== 'string' && ('skip' in rtmr2 || rtmr2.otherEvents === 'allow');
    if (!open) continue;
    report(
      `${PATH}.commandLine`,
      `rests on RTMR2, which ${id} leaves open: compare rtmr2, or skip the command line and say why`,
    );
  }
}

/** A word that must be there and must not: no machine has such a command line. */
function checkContradictions({ commandLine }: Policy['spec']['logHygiene'], report: Report): void {
  if ('skip' in commandLine) return;
  for (const [i, word] of commandLine.require.entries()) {
    // Whatever fits a beginning that is forbidden fits the longer ones as well.
    const against = commandLine.forbid.find((pattern) => fits(word, pattern));
    if (against !== undefined) {
      report(`${PATH}.commandLine.require[${i}]`, `is what forbid has as ${against}`);
    }
  }
}
