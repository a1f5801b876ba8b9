import { parseKeyset } from '../../appraisal/binding/keyset.ts';
import { splitCompactJws } from '../../appraisal/result/compact-jws.ts';
import { JsonShape } from '../../core/encoding/json-shape.ts';
import { Fault } from '../../core/fault.ts';
import { type UsageClaims, type UsageFate, verifyUsage } from '../../protocol/session/usage.ts';
import type { BrokerDeps } from './deps.ts';
import type { Unmetered } from './store.ts';

/** What is known of a session by whoever relayed it. */
export type MeteredSession = Pick<Unmetered, 'session' | 'node' | 'account'>;

type MeterDeps = Pick<BrokerDeps, 'store' | 'nodes' | 'now' | 'observe'>;

const MOST_KEYS = 4096;
/** Far above any statement. */
const LARGEST = 4096;
const KEYSET = /^[0-9a-f]{96}$/;

/**
 * Takes usage statements: only those that the enclave's own key signed, about this session and
 * account, under a keyset that the node was admitted with, and that contradict no other.
 */
export class Meter {
  readonly #deps: MeterDeps;
  readonly #onSpent: (account: string, tokens: number) => void;
  /** Receipt keys by node and keyset: what a keyset says never changes. */
  readonly #keys = new Map<string, Uint8Array>();

  /** @param onSpent told of tokens that are billed. */
  constructor(deps: MeterDeps, onSpent: (account: string, tokens: number) => void) {
    this.#deps = deps;
    this.#onSpent = onSpent;
  }

  /** @param statement undefined where none came with an answer that was whole. */
  async take(session: MeteredSession, statement: string | undefined): Promise<UsageFate> {
    const { observe } = this.#deps;
    try {
      const { fate, tokens = 0, gap = false } = await this.#take(session, statement);
      observe.statement({ node: session.node, fate, tokens, gap });
      return fate;
    } catch (error) {
      observe.failed(error);
      observe.statement({ node: session.node, fate: 'lost', tokens: 0, gap: false });
      return 'lost';
    }
  }

  async #take(
    { session, node, account }: MeteredSession,
    statement: string | undefined,
  ): Promise<{ readonly fate: UsageFate; readonly tokens?: number; readonly gap?: boolean }> {
    const { store, nodes, now } = this.#deps;
    if (statement === undefined) return { fate: 'unsigned' };
    const keyset = keysetNamedIn(statement);
    if (keyset === undefined) return { fate: 'malformed' };
    const key = await this.#receiptKey(node, keyset);
    if (key === undefined) return { fate: 'keyset' };
    const claims = verified(statement, key);
    if (typeof claims === 'string') return { fate: claims };
    if (claims.session !== session) return { fate: 'session' };
    if (claims.account !== account) return { fate: 'account' };
    const tokens = claims.promptTokens + claims.completionTokens;
    const outcome = await store.addUsage({
      node,
      account,
      keyset,
      session,
      nth: claims.seq,
      ...(claims.prev !== null && { prev: claims.prev }),
      tokens,
      statement,
      at: now(),
    });
    if (outcome.is === 'known') return { fate: 'known' };
    if (outcome.is === 'contradicts') {
      await nodes.contradicted(node, [outcome.other, statement]);
      return { fate: 'contradicts' };
    }
    this.#onSpent(account, tokens);
    return { fate: 'taken', tokens, gap: outcome.gap };
  }

  async #receiptKey(node: string, keyset: string): Promise<Uint8Array | undefined> {
    const name = `${node} ${keyset}`;
    const known = this.#keys.get(name);
    if (known !== undefined) return known;
    const bytes = await this.#deps.nodes.keyset(node, keyset);
    const key = bytes && receiptKeyIn(bytes);
    if (key === undefined) return undefined;
    this.#keys.set(name, key);
    const [oldest] = this.#keys.keys();
    if (this.#keys.size > MOST_KEYS && oldest !== undefined) this.#keys.delete(oldest);
    return key;
  }
}

function receiptKeyIn(keyset: Uint8Array): Uint8Array | undefined {
  for (const key of parseKeyset(keyset).keys) if (key.use === 'receipt') return key.publicKey;
  return undefined;
}

/** By the statement's own word: it says which key to verify it with, and nothing else yet. */
function keysetNamedIn(statement: string): string | undefined {
  return memberOf(statement, 'keyset', KEYSET);
}

/** Which session a statement is about, by its own word. */
export function sessionNamedIn(statement: string): string | undefined {
  return memberOf(statement, 'session', /^[0-9a-f]{64}$/);
}

function memberOf(statement: string, name: string, form: RegExp): string | undefined {
  if (statement.length > LARGEST) return undefined;
  try {
    const value = new JsonShape(splitCompactJws(statement, 'usage').payload, 'usage').string(name);
    return form.test(value) ? value : undefined;
  } catch (error) {
    if (error instanceof Fault && error.code === 'malformed') return undefined;
    throw error;
  }
}

function verified(statement: string, key: Uint8Array): UsageClaims | 'signature' | 'malformed' {
  try {
    return verifyUsage(statement, key);
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'malformed') throw error;
    return error.at === 'usage.signature' ? 'signature' : 'malformed';
  }
}
