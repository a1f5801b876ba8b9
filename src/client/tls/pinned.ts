import { sha256 } from '#crypto';
import { equalBytes } from '../../core/bytes/equal.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { PosternError } from '../errors.ts';
import type { Credential } from '../gateway.ts';
import type { Machines } from '../machines.ts';
import type { VerifiedMachine } from '../verifying.ts';

/** Which machines may answer: those of a pool, or one of them by its id. */
export interface PoolTarget {
  readonly pool: string;
  readonly node?: string;
}

/** Machines that are looked at for one key. */
const MOST_LOOKS = 4;
/** A look that is no older than that says what one now would: a foreign key costs no more of them. */
const YOUNG = 30_000;

export function servesWith({ tlsKeys }: VerifiedMachine, spki: Uint8Array): boolean {
  return tlsKeys.some((key) => equalBytes(key.spki, spki));
}

/** Finds whose a key is that a peer has shown, among machines that are verified. */
export class Pins {
  readonly #machines: Machines;
  readonly #target: PoolTarget;
  readonly #now: () => number;

  /** @param now milliseconds since the epoch. */
  constructor(machines: Machines, target: PoolTarget, now: () => number) {
    this.#machines = machines;
    this.#target = target;
    this.#now = now;
  }

  /** One that may be connected to. @throws PosternError as {@link Machines.pick} does. */
  pick(credential: Credential): Promise<VerifiedMachine> {
    return this.#machines.pick(this.#target, credential);
  }

  /**
   * The machine that a peer is. Where it is none of those that were verified a while ago, whose keys
   * may be others by now, they are verified anew, once.
   *
   * @param first looked at before all others.
   * @param at where the peer answered, for the message.
   * @throws PosternError `connect.key` where it is none of them; as {@link Machines.pick} does.
   */
  async machineOf(
    spki: Uint8Array,
    first: VerifiedMachine,
    at: string,
    credential: Credential,
  ): Promise<VerifiedMachine> {
    const { found, others } = servesWith(first, spki)
      ? { found: first, others: [] }
      : await this.#lookTwice(spki, credential);
    if (found === undefined) throw stranger(spki, at, others);
    return found;
  }

  async #lookTwice(spki: Uint8Array, credential: Credential): Promise<Looked> {
    const looked = await this.#lookFor(spki, credential);
    const old = looked.others.filter(({ view }) => this.#now() - view.checkedAt > YOUNG);
    if (looked.found !== undefined || old.length === 0) return looked;
    for (const machine of old) this.#machines.drop(machine);
    return this.#lookFor(spki, credential);
  }

  async #lookFor(spki: Uint8Array, credential: Credential): Promise<Looked> {
    const others: VerifiedMachine[] = [];
    const most = this.#target.node === undefined ? MOST_LOOKS : 1;
    while (others.length < most) {
      const without = new Set(others.map(({ node }) => node));
      const next = await this.#machines
        .pick(this.#target, credential, without)
        .catch((error: unknown) => {
          if (others.length > 0 && isNobodyLeft(error)) return undefined;
          throw error;
        });
      if (next === undefined) break;
      if (servesWith(next, spki)) return { found: next, others };
      others.push(next);
    }
    return { found: undefined, others };
  }
}

interface Looked {
  readonly found: VerifiedMachine | undefined;
  /** Verified, and serving with other keys. */
  readonly others: readonly VerifiedMachine[];
}

function isNobodyLeft(error: unknown): boolean {
  return error instanceof PosternError && error.code === 'candidates.none';
}

function stranger(spki: Uint8Array, at: string, others: readonly VerifiedMachine[]): PosternError {
  const [only, ...more] = others;
  const keys = others.flatMap(({ name, tlsKeys }) =>
    tlsKeys.map(({ spkiSha256 }) => `${toHex(spkiSha256)} of ${name}`),
  );
  const want =
    keys.length === 0 ? 'and no machine has shown one for TLS' : `want ${keys.join(' or ')}`;
  return new PosternError('connect.key', `${at} answers with key ${toHex(sha256(spki))}, ${want}`, {
    ...(only && more.length === 0 && { node: only.node }),
  });
}
