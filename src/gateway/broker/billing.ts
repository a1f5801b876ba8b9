import type { UsageFate } from '../../protocol/session/usage.ts';
import type { BrokerDeps, SessionEnd } from './deps.ts';
import { Meter, sessionNamedIn } from './meter.ts';
import type { SessionStart } from './session.ts';

type BillingDeps = Pick<BrokerDeps, 'store' | 'nodes' | 'now' | 'observe'>;

type Named = Pick<SessionStart, 'session' | 'node' | 'account'>;

/**
 * What becomes of sessions' statements. Nobody waits for it: what is under way is kept, so that
 * whoever asks next, or closes, can.
 */
export class Billing {
  readonly #deps: BillingDeps;
  readonly #meter: Meter;
  readonly #underWay = new Set<Promise<unknown>>();

  /** @param onSpent told of tokens that are billed. */
  constructor(deps: BillingDeps, onSpent: (account: string, tokens: number) => void) {
    this.#deps = deps;
    this.#meter = new Meter(deps, onSpent);
  }

  /** Until nothing is under way any more of what was when it was asked. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  /**
   * At its start, so that its statement can be taken whatever becomes of this process, and once it
   * has ended without one, in case that failed. Nobody waits for it with the request.
   */
  note({ node, ...session }: Named): Promise<void> {
    const { store, now, observe } = this.#deps;
    const { id, keyset } = node;
    const noting = store.addUnmetered({ ...session, node: id, keyset, at: now() });
    return this.#track(noting.catch((error: unknown) => observe.failed(error)));
  }

  /** @param noted its note from its start. */
  ended(
    session: Named,
    end: SessionEnd,
    statement: string | undefined,
    noted: Promise<void>,
  ): void {
    void this.#track(noted.then(() => this.#metered(session, end, statement)));
  }

  /**
   * What a node hands in by itself.
   *
   * @param openOf the account of a session of this process that is open at the node.
   */
  async handIn(
    node: string,
    statements: readonly string[],
    openOf: (session: string) => string | undefined,
  ): Promise<readonly UsageFate[]> {
    const fates: UsageFate[] = [];
    // What has just ended is being noted down.
    await this.settled();
    // In order: each is held against the one before it.
    for (const statement of statements) fates.push(await this.#handIn(node, statement, openOf));
    return fates;
  }

  #track<T>(metering: Promise<T>): Promise<T> {
    this.#underWay.add(metering);
    void metering.finally(() => this.#underWay.delete(metering));
    return metering;
  }

  async #metered(
    { session: id, node, account }: Named,
    end: SessionEnd,
    statement: string | undefined,
  ): Promise<void> {
    if (end === 'refused') return;
    if (end === 'complete' || statement !== undefined) {
      const fate = await this.#meter.take({ session: id, node: node.id, account }, statement);
      if (fate === 'taken' || fate === 'known') return;
    }
    await this.note({ session: id, node, account });
  }

  async #handIn(
    node: string,
    statement: string,
    openOf: (session: string) => string | undefined,
  ): Promise<UsageFate> {
    const id = sessionNamedIn(statement);
    if (id === undefined) return 'malformed';
    const account = openOf(id);
    const session =
      account === undefined
        ? await this.#deps.store.unmetered(id, node)
        : { session: id, node, account };
    if (session === undefined) return 'session';
    return this.#meter.take(session, statement);
  }
}
