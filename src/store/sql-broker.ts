import type { BrokerStore, NewUsage, Unmetered } from '../gateway/broker/store.ts';
import { count, wantWhole } from './batch-shape.ts';
import * as unmetered from './broker/unmetered.ts';
import * as usage from './broker/usage.ts';
import type { Driver, Sql } from './driver.ts';

/** The part of the store that is the broker's. */
export class SqlBroker implements BrokerStore {
  readonly #driver: Driver;

  protected constructor(driver: Driver) {
    this.#driver = driver;
  }

  async addUsage(added: NewUsage) {
    usage.checkUsage(added);
    return this.#driver.writing((sql) => usage.addUsage(sql, added));
  }

  async usage(after: number, most: number, account?: string) {
    count(after, 'after');
    count(most, 'count');
    return this.#driver.alone((sql) => usage.readUsage(sql, after, most, account));
  }

  async tokensOf(account: string, since: number) {
    wantWhole(since, 'since');
    return this.#driver.alone((sql) => usage.tokensOf(sql, account, since));
  }

  async addUnmetered(session: Unmetered) {
    unmetered.checkUnmetered(session);
    await this.#driver.writing((sql) => unmetered.addUnmetered(sql, session));
  }

  unmetered(session: string, node: string) {
    return this.#driver.alone((sql) => unmetered.readUnmetered(sql, session, node));
  }

  purgeUsage(before: number) {
    return this.#purge(before, usage.purgeSomeUsage);
  }

  purgeUnmetered(before: number) {
    return this.#purge(before, unmetered.purgeSomeUnmetered);
  }

  async #purge(before: number, some: (sql: Sql, before: number) => Promise<number>) {
    wantWhole(before, 'before');
    let sum = 0;
    for (;;) {
      const gone = await this.#driver.writing((sql) => some(sql, before));
      if (gone === 0) return sum;
      sum += gone;
    }
  }
}
