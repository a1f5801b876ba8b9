import type { BrokerStore, NewUsage, Unmetered } from '../gateway/broker/store.ts';
import type { Arguments, Method, ThreadStore } from './messages.ts';

/** The broker's part of a store in another thread. */
export abstract class RemoteBroker implements BrokerStore {
  protected abstract call<M extends Method>(
    method: M,
    ...args: Arguments[M]
  ): ReturnType<ThreadStore[M]>;

  addUsage(usage: NewUsage) {
    return this.call('addUsage', usage);
  }

  usage(after: number, count: number, account?: string) {
    return this.call('usage', after, count, account);
  }

  tokensOf(account: string, since: number) {
    return this.call('tokensOf', account, since);
  }

  purgeUsage(before: number) {
    return this.call('purgeUsage', before);
  }

  addUnmetered(session: Unmetered) {
    return this.call('addUnmetered', session);
  }

  unmetered(session: string, node: string) {
    return this.call('unmetered', session, node);
  }

  purgeUnmetered(before: number) {
    return this.call('purgeUnmetered', before);
  }
}
