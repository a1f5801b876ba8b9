import { utf8 } from '../core/bytes/text.ts';
import { parseTlogPolicy, type TlogPolicy } from '../ledger/trust/tlog-policy.ts';
import { PosternError } from './errors.ts';
import type { LedgerTrust } from './options.ts';
import { asBytes } from './policy-pin.ts';

/** One log, and who has to have witnessed it. */
export interface LogTrust {
  readonly policy: TlogPolicy;
  /** Its name: the first line of its checkpoints. */
  readonly origin: string;
}

/**
 * @returns undefined where nothing is asked of the ledger.
 * @throws PosternError `ledger.usage` unless one log is named; Fault for keys that can't be read.
 */
export function readLogTrust(trust: LedgerTrust): LogTrust | undefined {
  if (trust === 'unchecked') return undefined;
  const bytes =
    'verifierKey' in trust
      ? utf8(`log ${trust.verifierKey.trim()}\nquorum none\n`)
      : asBytes(trust.tlogPolicy);
  const policy = parseTlogPolicy(bytes, 'ledger');
  const origins = new Set(policy.logs.map(({ key }) => key.name));
  const [origin] = origins;
  if (origin === undefined || origins.size > 1) {
    throw new PosternError('ledger.usage', `ledger: want one log, got ${origins.size}`);
  }
  return { policy, origin };
}
