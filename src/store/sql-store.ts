import { Fault } from '../core/fault.ts';
import type { FleetChange } from '../gateway/fleet/store.ts';
import type {
  Batch,
  Fence,
  Forgotten,
  LeasePurpose,
  LeaseState,
  NextState,
  RecordPlace,
} from '../ledger/store.ts';
import * as archive from './archive.ts';
import { checkBatch, checkSignatureLine, checkText, count } from './batch-shape.ts';
import * as checkpoints from './checkpoints.ts';
import { writeBatch } from './commit.ts';
import type { Driver } from './driver.ts';
import { forgetSome } from './forget.ts';
import type { GatewayStore } from './gateway-store.ts';
import * as lease from './lease.ts';
import * as log from './log.ts';
import { allIn } from './many.ts';
import { migrate } from './migrate.ts';
import * as records from './records.ts';
import * as restored from './restored.ts';
import { rowFaults } from './row-faults.ts';
import { textOf } from './row-sum.ts';
import { MIGRATIONS } from './schema.ts';
import { Sealer } from './seal.ts';
import { SqlFleet } from './sql-fleet.ts';

/** The store, whatever the database: what its rows mean is said once, and in SQL that all speak. */
export class SqlStore extends SqlFleet implements GatewayStore {
  readonly #driver: Driver;
  readonly #sealer: Sealer | undefined;

  /** @throws Fault where the database is not, or is not to be made, one of this release and key. */
  static async open(driver: Driver, archiveKey: Uint8Array | undefined): Promise<SqlStore> {
    const sealer = archiveKey && (await Sealer.open(archiveKey));
    await migrate(driver, MIGRATIONS, lease.createLease);
    if (sealer !== undefined) await archive.requireArchiveKey(driver, sealer);
    return new SqlStore(driver, sealer);
  }

  private constructor(driver: Driver, sealer: Sealer | undefined) {
    super(driver, sealer);
    this.#driver = driver;
    this.#sealer = sealer;
  }

  async takeLease(holder: string, purpose?: LeasePurpose) {
    checkText(holder, 'holder');
    return this.#driver.writing((sql) => lease.takeLease(sql, holder, purpose));
  }

  async seizeLease(holder: string, seen: LeaseState, purpose?: LeasePurpose) {
    checkText(holder, 'holder');
    return this.#driver.writing((sql) => lease.seizeLease(sql, holder, seen, purpose));
  }

  beat(fence: Fence) {
    return this.#driver.writing((sql) => lease.beat(sql, fence));
  }

  releaseLease(fence: Fence) {
    return this.#driver.writing((sql) => lease.releaseLease(sql, fence));
  }

  async markRestored(at: number) {
    count(at, 'at');
    await this.#driver.writing(async (sql) => {
      await lease.takeLeaseAway(sql);
      await restored.markRestored(sql, at);
    });
  }

  restoredAt() {
    return this.#driver.alone(restored.restoredAt);
  }

  unmarkRestored(at: number) {
    return this.#driver.writing((sql) => restored.unmarkRestored(sql, at));
  }

  head() {
    return this.#driver.alone(checkpoints.readHead);
  }

  checkpoint(size: number) {
    return this.#driver.alone((sql) => checkpoints.readCheckpoint(sql, size));
  }

  checkpoints(from: number, most: number) {
    return this.#driver.alone((sql) => checkpoints.readCheckpoints(sql, from, most));
  }

  /** @param next may be on its way from another thread: waited for once the rows are written. */
  async commit(batch: Batch<FleetChange>, next: () => NextState | Promise<NextState>) {
    checkBatch(batch);
    try {
      return await this.#driver.writing((sql) => writeBatch(sql, this.#sealer, batch, next));
    } catch (error) {
      throw (await this.#takenId(error, batch)) ?? error;
    }
  }

  tiles(level: number, from: number, most: number) {
    return this.#driver.alone((sql) => log.tiles(sql, level, from, most));
  }

  leafHashes(from: number, to: number) {
    return this.#driver.alone((sql) => log.leafHashes(sql, from, to));
  }

  leaves(from: number, to: number) {
    return this.#driver.alone((sql) => log.leaves(sql, from, to));
  }

  leafById(id: string) {
    return this.#driver.alone((sql) => log.leafById(sql, id));
  }

  async addCosignatures(size: number, lines: readonly string[]) {
    for (const [i, line] of lines.entries()) checkSignatureLine(line, `lines[${i}]`);
    await this.#driver.writing((sql) => checkpoints.addCosignatures(sql, size, lines));
  }

  cosignatures(size: number) {
    return this.#driver.alone((sql) => checkpoints.cosignatures(sql, size));
  }

  async cosignedSizes(most: number) {
    count(most, 'count');
    return this.#driver.alone((sql) => checkpoints.cosignedSizes(sql, most));
  }

  records(from: number, most: number) {
    return this.#driver.alone((sql) => records.records(sql, from, most));
  }

  record(id: string) {
    return this.#driver.alone((sql) => records.record(sql, id));
  }

  recordsBefore(before: number, after: RecordPlace | undefined, most: number) {
    return this.#driver.alone((sql) => records.recordsBefore(sql, before, after, most));
  }

  forgotten() {
    return this.#driver.alone(records.forgotten);
  }

  async blob(digest: string) {
    if (this.#sealer === undefined) {
      throw new Fault('usage', 'archiveKey', 'is needed to open what is archived');
    }
    const sealed = await this.#driver.alone((sql) => archive.sealedBlob(sql, digest));
    return sealed && this.#sealer.open(digest, sealed);
  }

  blobDigests(after: string | undefined, most: number) {
    return this.#driver.alone((sql) => archive.blobDigests(sql, after, most));
  }

  knownBlobs(digests: readonly string[]) {
    return this.#driver.alone((sql) => archive.knownBlobs(sql, digests));
  }

  async forget(before: number, at: number, reason: string): Promise<Forgotten> {
    count(at, 'at');
    checkText(reason, 'reason');
    const sum = { records: 0, blobs: 0 };
    for (;;) {
      const some = await this.#driver.writing((sql) => forgetSome(sql, before, at, reason));
      if (some.records === 0) return sum;
      sum.records += some.records;
      sum.blobs += some.blobs;
    }
  }

  async faults() {
    const own = await this.#driver.ownFaults();
    try {
      return [...own, ...(await this.#driver.reading(rowFaults))];
    } catch (error) {
      // So damaged that not all of its rows can be read.
      if (!(error instanceof Fault) || error.code !== 'malformed') throw error;
      return [...own, { at: error.at, problem: error.detail }];
    }
  }

  backup(path: string) {
    return this.#driver.backup(path);
  }

  close() {
    return this.#driver.close();
  }

  /** A row that is there already is, most likely, a leaf of the same id: which one it is helps. */
  async #takenId(error: unknown, { leaves }: Batch<FleetChange>): Promise<Fault | undefined> {
    if (!(error instanceof Fault) || error.at !== this.#driver.place) return undefined;
    if (error.code !== 'conflict') return undefined;
    const ids = leaves.map(({ id }) => id);
    const [row] = await this.#driver.alone((sql) =>
      allIn(sql, 'SELECT id FROM leaves WHERE id IN', ids),
    );
    if (row === undefined) return undefined;
    return new Fault('conflict', `leaves[${textOf(row['id'])}]`, 'this id is taken');
  }
}
