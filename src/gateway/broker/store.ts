/** What the broker keeps, shared by all gateways of one database. */
export interface BrokerStore {
  /**
   * Keeps a usage statement, whose signature the caller has verified, unless it contradicts another
   * of its keyset: the same place in the chain of an account, the same session, or a neighbour in
   * the chain that it does not fit. Of two keysets the same session may be stated: whoever seals
   * chooses what its id is made of, and may choose the same for both.
   */
  addUsage(usage: NewUsage): Promise<UsageOutcome>;
  /** In the order in which they came, `seq` above `after`, at most `count`; of one account where it is named. */
  usage(after: number, count: number, account?: string): Promise<readonly StoredUsage[]>;
  /** Tokens of all statements of an account that came at an instant or later. */
  tokensOf(account: string, since: number): Promise<number>;

  /**
   * Forgets statements that came before an instant, all but the last of all: what comes next has a
   * higher `seq` than whatever was read. @returns how many.
   */
  purgeUsage(before: number): Promise<number>;

  /**
   * Notes a session whose statement is not there, so that it may be handed in later; nothing where
   * it is there, or the session was noted before.
   */
  addUnmetered(session: Unmetered): Promise<void>;
  unmetered(session: string, node: string): Promise<Unmetered | undefined>;
  /** Forgets those that were noted before an instant. @returns how many. */
  purgeUnmetered(before: number): Promise<number>;
}

/** A usage statement, with what it is asked for by. */
export interface NewUsage {
  /** Id of the node whose key signed it. */
  readonly node: string;
  /** Pseudonym of the account. */
  readonly account: string;
  /** SHA-384 of the keyset, lower-case hex. */
  readonly keyset: string;
  /** The session's id, lower-case hex. */
  readonly session: string;
  /** Its place in the chain of the account under this keyset, from 1. */
  readonly nth: number;
  /** SHA-256 of the statement before it in that chain, lower-case hex; undefined for the first. */
  readonly prev?: string;
  /** Of prompt and completion. */
  readonly tokens: number;
  /** The JWS, compact, as it was signed. */
  readonly statement: string;
  /** When it came, in milliseconds since the epoch. */
  readonly at: number;
}

export interface StoredUsage extends NewUsage {
  /** Counts up from 1 over all accounts. */
  readonly seq: number;
}

export type UsageOutcome =
  /** `gap`: the one before it in the chain is not there, yet or for good. */
  | { readonly is: 'added'; readonly gap: boolean }
  /** The very same is there already. */
  | { readonly is: 'known' }
  /** The other statement, which was signed as well. */
  | { readonly is: 'contradicts'; readonly other: string };

/** A session that is relayed or was, and of which no statement came. */
export interface Unmetered {
  readonly session: string;
  readonly node: string;
  readonly account: string;
  /** SHA-384 of the node's keyset then, lower-case hex. */
  readonly keyset: string;
  /** When it was noted: when it began, unless that failed. */
  readonly at: number;
}
