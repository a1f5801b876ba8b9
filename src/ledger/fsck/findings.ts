import { Fault } from '../../core/fault.ts';
import type { LedgerStore, StoredLeaf, StoreFault } from '../store.ts';
import type { LogIdentity } from '../writer/identity.ts';

export interface FsckProgress {
  readonly what: 'rows' | 'leaves' | 'records' | 'blobs';
  readonly done: number;
  readonly of?: number;
}

export interface FsckSource {
  readonly store: LedgerStore;
  readonly identity: Pick<LogIdentity, 'origin' | 'keys'>;
  readonly onProgress?: (progress: FsckProgress) => void;
  /** What is odd and no damage. */
  readonly onRemark?: (remark: StoreFault) => void;
}

/** Rows of one answer. */
export const AT_ONCE = 1024;

/** Leaves of a range, or what keeps them from being read. */
export async function leavesOf(
  store: LedgerStore,
  from: number,
  to: number,
): Promise<readonly StoredLeaf[] | StoreFault> {
  try {
    return await store.leaves(from, to);
  } catch (error) {
    return findingOf(error, `leaves ${from} to ${to} were not compared`);
  }
}

/** @throws what is not that the store is damaged. */
export function findingOf(error: unknown, so: string): StoreFault {
  if (!(error instanceof Fault) || error.code !== 'malformed') throw error;
  return { at: error.at, problem: `${error.detail}; ${so}` };
}

export function* faultOf(at: string, check: () => void): Generator<StoreFault> {
  try {
    check();
  } catch (error) {
    yield { at, problem: problemOf(error) };
  }
}

/** @throws what is no finding but a bug of ours, or a store that can't be reached. */
export function problemOf(error: unknown): string {
  if (!(error instanceof Fault) || error.code === 'internal' || error.code === 'unreachable') {
    throw error;
  }
  return error.message;
}
