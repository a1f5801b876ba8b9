import type { Appraisal } from '../../appraisal/appraise/appraisal.ts';
import type { BundleVerification } from '../../appraisal/bundle/verifier.ts';
import { digestOf } from '../../appraisal/policy/signing/canonical-document.ts';
import { isAppraisal } from '../../appraisal/result/result-json.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { utf8 } from '../../core/bytes/text.ts';
import { canonicalJson } from '../../core/encoding/jcs.ts';
import { Fault } from '../../core/fault.ts';
import type { Verification } from '../../evidence/verification.ts';
import type { FleetChange } from '../../gateway/fleet/store.ts';
import { writeLeaf } from '../../ledger/leaf/entry.ts';
import { firstSeenId } from '../../ledger/leaf/first-seen.ts';
import type { Leaf } from '../../ledger/leaf/leaf.ts';
import { captureDecision, type Decision, type UsedPolicy } from '../../ledger/record/capture.ts';
import type { NewEntry } from '../../ledger/writer/batch.ts';
import type { LedgerWriter } from '../../ledger/writer/ledger-writer.ts';
import { type Io, warn } from '../io.ts';
import { packageVersion } from '../package-version.ts';
import type { Args, Options } from '../verb.ts';
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
}

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
    const ledger = await openLedger(io, dir);
    try {
      if (isNew) tellOf(io, dir, ledger);
      return new Recorder(io, ledger, await openWriter(io, ledger));
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

  constructor(io: Io, ledger: OpenLedger, writer: LedgerWriter<FleetChange>) {
    this.id = toHex(io.randomBytes(ID_SIZE));
    this.#io = io;
    this.#ledger = ledger;
    this.#writer = writer;
  }

  /** Resolves once it is durable. @throws Fault `unreachable` when it is not. */
  async record({ input, verified, result, policy, ear }: Decided): Promise<Recorded> {
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
        ...(policy && isAppraisal(result) && { decided: { policy, appraisal: result } }),
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
    return { origin: this.#ledger.identity.origin, index, id: this.id, size: head.size };
  }

  async close(): Promise<void> {
    await this.#writer.close();
    await this.#ledger.close();
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
    const leaves = [...policyLeaf(result, time), ...endorsementsLeaf(result, time)];
    const known = await Promise.all(leaves.map(({ id }) => this.#ledger.store.leafById(id)));
    return leaves
      .filter((_leaf, i) => known[i] === undefined)
      .map((leaf) => ({ id: leaf.id, entry: writeLeaf(leaf) }));
  }
}

export function recordedNote({ origin, index, id }: Recorded): string {
  return `recorded as decision ${id}, leaf ${index} of ${origin}`;
}

function policyLeaf(result: Verification, time: number): readonly Leaf[] {
  if (!isAppraisal(result)) return [];
  const { name, revision, digest }: Appraisal['policy'] = result.policy;
  const type = 'policy.published';
  return [{ v: 1, type, id: firstSeenId(type, digest), time, policy: { name, revision, digest } }];
}

/** Of one chip, or about one device: whoever knows these would find the machine’s leaves by them. */
const OF_ONE_MACHINE: ReadonlySet<string> = new Set(['vek', 'ocsp']);

function endorsementsLeaf({ endorsements = [] }: Verification, time: number): readonly Leaf[] {
  const shared = endorsements.filter(({ kind }) => !OF_ONE_MACHINE.has(kind));
  if (shared.length === 0) return [];
  const set = digestOf(utf8(canonicalJson(shared.map(({ kind, sha256 }) => ({ kind, sha256 })))));
  const kinds = [...new Set(shared.map(({ kind }) => kind))].sort();
  const type = 'endorsements.seen';
  return [{ v: 1, type, id: firstSeenId(type, set), time, set, kinds }];
}

/** Another process met it at the same time. */
function ignoreTaken(error: unknown): void {
  if (!(error instanceof Fault) || error.code !== 'conflict') throw error;
}

async function createFor(io: Io, dir: string): Promise<void> {
  const origin = `postern.local/${toHex(io.randomBytes(8))}`;
  await createLedger(io, { dir, origin, database: 'sqlite' });
}

function tellOf(io: Io, dir: string, { identity }: OpenLedger): void {
  warn(
    io,
    `made the ledger ${identity.origin} in ${dir}; keep its keys folder, and hand out the key that verifies it:`,
  );
  io.err(`${vkeysOf(identity)[0]}\n`);
}
