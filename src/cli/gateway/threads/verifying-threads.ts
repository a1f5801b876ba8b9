import type { BundleAnchors } from '../../../appraisal/bundle/input.ts';
import type { WithParts } from '../../../appraisal/result/result-json.ts';
import type {
  MachineAppraisal,
  PolicyWork,
  Verifying,
  Work,
} from '../../../gateway/fleet/verifying.ts';
import { recordAnchors } from '../../../ledger/record/anchors.ts';
import { withOwnBuffers } from './own-buffers.ts';
import { type PoolObserver, ThreadPool } from './thread-pool.ts';
import type { VerificationAsked, VerificationBeginning } from './verification-work.ts';

export interface VerifyingThreadsOptions {
  readonly anchors: BundleAnchors;
  /** At least one. */
  readonly threads: number;
  /** How many may wait for one. */
  readonly waiting: number;
  readonly observe?: PoolObserver;
}

/** Many times what the largest bundle takes on a slow machine. */
const DEADLINE_MS = 20_000;

/** Verifies in threads of their own, so that no signature holds up what the gateway serves meanwhile. */
export class VerifyingThreads implements Verifying {
  readonly #pool: ThreadPool;

  private constructor(pool: ThreadPool) {
    this.#pool = pool;
  }

  /** @throws Fault `internal` where a thread can't begin. */
  static async open({ anchors, ...options }: VerifyingThreadsOptions): Promise<VerifyingThreads> {
    const beginning: VerificationBeginning = { anchors: recordAnchors(anchors, 'anchors') };
    const pool = await ThreadPool.open({
      ...options,
      entry: ENTRY,
      name: 'verification',
      beginning: withOwnBuffers(beginning),
      deadline: DEADLINE_MS,
      clock: () => performance.now(),
    });
    return new VerifyingThreads(pool);
  }

  async verify(work: Work): Promise<WithParts> {
    return (await this.#ask({ ask: 'verify', work })) as WithParts;
  }

  async appraise(work: PolicyWork): Promise<MachineAppraisal> {
    return (await this.#ask({ ask: 'appraise', work })) as MachineAppraisal;
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  #ask(asked: VerificationAsked): Promise<unknown> {
    return this.#pool.run(withOwnBuffers(asked));
  }
}

const SOURCE = new URL('./verification-thread.ts', import.meta.url);

/** Built, it is JavaScript: the compiler rewrites imports, but no URL. */
const ENTRY = import.meta.url.endsWith('.ts')
  ? SOURCE
  : new URL(SOURCE.href.replace(/\.ts$/, '.js'));
