import { PosternError } from '../../client/errors.ts';
import { FAULTS } from '../../core/fault.ts';
import { EXIT, type Io, warn } from '../io.ts';
import { painter } from '../paint.ts';
import { checkLine, printJson } from '../render.ts';
import type { Args } from '../verb.ts';

/** What only its caller can put right. */
const OWN = new Set(['policy.deployment', 'candidates.target']);
/** What a moment, or another network, may put right. */
const AWAY = /\.(unreachable|refused|busy)$/;

/** The exit code of a client's failure: a verdict on the machine, or a service that is not there. */
export function exitOf({ code, stage }: PosternError): number {
  if (code.endsWith('.usage') || OWN.has(code)) return FAULTS.usage.exit;
  if (AWAY.test(code) || stage === 'candidates' || stage === 'relay')
    return FAULTS.unreachable.exit;
  return code === 'appraisal.indeterminate' ? EXIT.indeterminate : EXIT.reject;
}

/**
 * Does what a client does; its failures are told with the checks that they rest on.
 *
 * @returns the exit code.
 */
export async function telling(io: Io, args: Args, act: () => Promise<number>): Promise<number> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof PosternError)) throw error;
    tellError(io, error);
    if (args.has('json')) {
      const { stage, code, trust, message, checks } = error;
      printJson(io, { error: { code, stage, trust, detail: message, checks } });
    }
    return exitOf(error);
  }
}

export function tellError(io: Io, error: PosternError): void {
  warn(io, error.message);
  for (const check of error.checks) io.err(`  ${checkLine(painter(io.colours), check, '')}\n`);
}
