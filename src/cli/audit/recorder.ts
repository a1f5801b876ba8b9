import { resolve } from 'node:path';
import type { Appraisal } from '../../appraisal/appraise/appraisal.ts';
import type { BundleVerification } from '../../appraisal/bundle/verifier.ts';
import { isAppraisal } from '../../appraisal/result/result-json.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { Fault } from '../../core/fault.ts';
import type { Verification } from '../../evidence/verification.ts';
import type { FleetChange } from '../../gateway/fleet/store.ts';
import { parseLeaf, writeLeaf } from '../../ledger/leaf/entry.ts';
import { firstSeenId } from '../../ledger/leaf/first-seen.ts';
import { captureDecision, type Decision, type UsedPolicy } from '../../ledger/record/capture.ts';
import { firstSeenLeaves } from '../../ledger/record/first-seen-leaves.ts';
import { recordedResult } from '../../ledger/record/outcome.ts';
import type { NewEntry } from '../../ledger/writer/batch.ts';
import type { LedgerWriter } from '../../ledger/writer/ledger-writer.ts';
import { type Io, usage, warn } from '../io.ts';
import { packageVersion } from '../package-version.ts';
import type { Args, Options } from '../verb.ts';
import { witnessPolicyOf } from './cosign.ts';
import { formatInstant } from './instants.ts';
import { isLedger } from './ledger-folder.ts';
import { createLedger, type OpenLedger, openLedger, openWriter } from './open-ledger.ts';
import { publishLedger } from './publish-ledger.ts';
import { vkeysOf } from './verifier-keys.ts';

export const RECORD_OPTION: Options = {
  record: {
    value: '<dir>',
    help: 'put the decision, and all that it saw, into the ledger there before anything is printed; made if it is not there',
  },
};

/** Where a decision stands in the ledger. */
export interface Recorded {
  readonly origin: string;
  readonly index: number;
  readonly id: string;
  /** Leaves of the first signed state that has it. */
  readonly size: number;
  /** Where the ledger was made for this, since there was none, and the key that verifies it. */
  readonly made?: Made;
}

type Made = { readonly dir: string; readonly key: string };

/** What was just decided. */
export interface Decided {
  readonly input: Decision['input'];
  readonly verified: BundleVerification;
  readonly result: Verification;
  readonly policy: UsedPolicy | undefined;
  readonly ear: Uint8Array | undefined;
}

const ID_SIZE = 16;
const SALT_SIZE = 32;

/**
 * The ledger that `--record` names, ready to be written: so that what is wrong with it shows
 * before anything is verified.
 *
 * @returns undefined without the option.
 */
export async function openRecorder(io: Io, args: Args): Promise<Recorder | undefined> {
  const dir = args.one('record');
  if (dir === undefined) return undefined;
  return orUnrecorded(async () => {
    const isNew = !(await isLedger(dir));
    if (isNew) await createFor(io, dir);
    const ledger = await openLedger(io, dir, 'this');
    try {
      const made = isNew
        ? { dir: resolve(dir), key: vkeysOf(ledger.identity)[0] ?? '' }
        : undefined;
      if (made) tellOf(io, made, ledger);
      const ask = args.has('offline') ? 'nobody' : 'witnesses';
      if (ask === 'nobody' && (await witnessPolicyOf(ledger.folder)))
        warn(io, '--offline: the ledger’s witnesses were not asked whether they saw more of it');
      return new Recorder(io, ledger, await openWriter(io, ledger, ask), made);
    } catch (error) {
      await ledger.close();
      throw error;
    }
  });
}

/**
 * That the ledger is damaged or contradicts what was published says nothing about the evidence: it
 * must not end like a verdict.
 *
 * @throws Fault `unreachable` in place of `malformed`, `unsupported` and `conflict`.
 */
async function orUnrecorded<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Fault) || error.code === 'usage' || error.code === 'internal')
      throw error;
    const detail = `${error.detail}; nothing was recorded, so nothing is said of the evidence`;
    throw new Fault('unreachable', error.at, detail, { cause: error });
  }
}

/** Records one decision. */
export class Recorder {
  readonly id: string;
  readonly #io: Io;
  readonly #ledger: OpenLedger;
  readonly #writer: LedgerWriter<FleetChange>;

  readonly #made: Made | undefined;

  constructor(
    io: Io,
    ledger: OpenLedger,
    writer: LedgerWriter<FleetChange>,
    made: Made | undefined,
  ) {
    this.#made = made;
    this.id = toHex(io.randomBytes(ID_SIZE));
    this.#io = io;
    this.#ledger = ledger;
    this.#writer = writer;
  }

  /**
   * Resolves once it is durable.
   *
   * @throws Fault `unreachable` when it is not, `usage` for a policy that the ledger says is revoked.
   */
  async record({ input, verified, result, policy, ear }: Decided): Promise<Recorded> {
    if (isAppraisal(result)) await this.#wantNotRevoked(result, input.at.evidence);
    const decided = policy && isAppraisal(result) ? { policy, appraisal: result } : undefined;
    const time = this.#io.now();
    const engine = `postern/${await packageVersion()}`;
    const { index, head } = await orUnrecorded(async () => {
      const { manifest, blobs, entry, leaf, record } = captureDecision({
        id: this.id,
        time,
        engine,
        salt: this.#io.randomBytes(SALT_SIZE),
        input,
        verified,
        result: recordedResult(decided?.appraisal ?? verified),
        ...(decided && { decided }),
        ...(ear && { ear }),
      });
      const all = [{ digest: record, bytes: manifest }, ...blobs];
      const decision: NewEntry = {
        id: leaf.id,
        entry,
        record: { at: leaf.time, manifest: record, uses: all.map(({ digest }) => digest) },
        blobs: all,
      };
      const before = await this.#firstSeen(result, time);
      // Handed over together, they are one batch; the decision is what counts.
      const others = before.map((one) => this.#writer.append(one).catch(ignoreTaken));
      const [receipt] = await Promise.all([this.#writer.append(decision), ...others]);
      return receipt;
    });
    await this.#publish();
    const { origin } = this.#ledger.identity;
    const made = this.#made;
    return { origin, index, id: this.id, size: head.size, ...(made && { made }) };
  }

  async close(): Promise<void> {
    await this.#writer.close();
    await this.#ledger.close();
  }

  /**
   * A ledger that says a policy is revoked must not vouch for what was decided by it afterwards. A
   * decision for a time before that stands as those do that were made then, and is remarked.
   *
   * @throws Fault `usage`: it is the policy that is wrong, and nothing is said of the evidence.
   */
  async #wantNotRevoked({ policy }: Appraisal, at: number): Promise<void> {
    const id = firstSeenId('policy.revoked', policy.digest);
    const stored = await orUnrecorded(() => this.#ledger.store.leafById(id));
    const leaf = stored && parseLeaf(stored.entry);
    if (leaf?.type !== 'policy.revoked') return;
    const which = `${policy.name} revision ${policy.revision}`;
    const since = `${formatInstant(leaf.time)} (leaf ${stored?.index}: ${leaf.reason})`;
    if (at >= leaf.time) {
      throw usage(`${which} is revoked in this ledger since ${since}: nothing is decided by it`);
    }
    warn(this.#io, `${which} was revoked later, at ${since}; this decision is for before`);
  }

  /** The decision stands, whatever becomes of the files; the next writer mends them. */
  async #publish(): Promise<void> {
    try {
      await publishLedger(this.#io, this.#ledger);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      warn(this.#io, `recorded, but not published: ${error.message}`);
    }
  }

  /** What the ledger says once of a policy and of a set of endorsements: that it first met them. */
  async #firstSeen(result: Verification, time: number): Promise<readonly NewEntry[]> {
    const leaves = firstSeenLeaves(result, time);
    const known = await Promise.all(leaves.map(({ id }) => this.#ledger.store.leafById(id)));
    return leaves
      .filter((_leaf, i) => known[i] === undefined)
      .map((leaf) => ({ id: leaf.id, entry: writeLeaf(leaf) }));
  }
}

export function recordedNote({ origin, index, id, made }: Recorded): string {
  const where = made === undefined ? '' : `, a NEW ledger that was made in ${made.dir}`;
  return `recorded as decision ${id}, leaf ${index} of ${origin}${where}`;
}

/** Another process met it at the same time. */
function ignoreTaken(error: unknown): void {
  if (!(error instanceof Fault) || error.code !== 'conflict') throw error;
}

async function createFor(io: Io, dir: string): Promise<void> {
  const origin = `postern.local/${toHex(io.randomBytes(8))}`;
  await createLedger(io, { dir, origin, database: 'sqlite' });
}

function tellOf(io: Io, { dir, key }: Made, { identity }: OpenLedger): void {
  warn(
    io,
    `there was no ledger in ${dir}: made a NEW one there, ${identity.origin}; keep its keys folder, and hand out the key that verifies it:`,
  );
  io.err(`${key}\n`);
}
