import type { Keyring } from '../../appraisal/policy/signing/keyring.ts';
import type { KeyringSource } from '../../appraisal/policy/signing/policy-trust.ts';
import type { UsedPolicy } from '../../ledger/record/capture.ts';
import type { PoolPolicy } from './store.ts';

/** A pool as its operator configured it: who may decide about its policy is never in the database. */
export interface PoolConfig {
  readonly name: string;
  /** Whose signatures count; undefined: unsigned policies decide. */
  readonly signers?: PoolSigners;
  readonly identity: 'required' | 'where-shown';
}

export interface PoolSigners {
  readonly keyring: Keyring;
  /** What it was read from: records keep it, so that a replay can ask again. */
  readonly source: KeyringSource;
}

/** A pool whose policy can decide. */
export interface ServingPool extends PoolConfig {
  readonly used: UsedPolicy;
  readonly stored: PoolPolicy;
  readonly times: PoolTimes;
}

/** What the policy says of time, in milliseconds. */
export interface PoolTimes {
  readonly nonceTtl: number;
  readonly resultTtl: number;
  readonly reattestEvery: number;
  readonly reattestGrace: number;
}
