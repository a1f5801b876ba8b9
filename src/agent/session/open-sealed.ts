import { concatBytes } from '../../core/bytes/writer.ts';
import { sessionId } from '../../protocol/session/session-id.ts';
import { SealedFault } from '../../sealed/fault.ts';
import { openRequestHeader, type RequestOpener } from '../../sealed/open-request.ts';
import { LARGEST_REQUEST_HEADER } from '../../sealed/request-header.ts';
import type { KeyGeneration } from '../keys/key-generation.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import type { BodyShare } from './bodies.ts';
import type { Places } from './places.ts';

/** A sealed request that came whole and is authentic to its last byte. */
export interface OpenedSealed {
  readonly is: 'opened';
  readonly session: string;
  readonly generation: KeyGeneration;
  readonly opener: RequestOpener;
  /** The binary HTTP request, with whatever pads it. */
  readonly plain: Uint8Array;
}

/** Why nothing can be said under the seal. */
export type SealedRefusal =
  | 'unknown-key'
  | 'malformed'
  | 'replayed'
  | 'full'
  | 'crowded'
  | 'too-large'
  | 'no-memory'
  | 'broken-off';

export interface OpenOptions {
  readonly ring: KeyRing;
  readonly places: Places;
  readonly account: string;
  /** Of the sealed request, in bytes. */
  readonly largest: number;
  readonly share: BodyShare;
}

/**
 * Opens a request as it comes. Its encapsulation is claimed once it is authentic to its last byte,
 * and before anything is done with it: of two with the same the second is never served, and what
 * does not open takes nobody's place.
 *
 * @param body attacker-controlled; it may throw where its connection breaks.
 */
export async function openSealed(
  body: AsyncIterable<Uint8Array>,
  options: OpenOptions,
): Promise<OpenedSealed | { readonly is: 'refused'; readonly because: SealedRefusal }> {
  const reading = new Reading(options);
  try {
    for await (const bytes of body) {
      const because = reading.push(bytes);
      if (because !== undefined) return { is: 'refused', because };
    }
  } catch (error) {
    if (error instanceof SealedFault) return { is: 'refused', because: reading.refusalOf(error) };
    return { is: 'refused', because: 'broken-off' };
  }
  try {
    return reading.end();
  } catch (error) {
    if (error instanceof SealedFault) return { is: 'refused', because: reading.refusalOf(error) };
    throw error;
  }
}

type Begun = Omit<OpenedSealed, 'is' | 'plain'> & { readonly enc: Uint8Array };

class Reading {
  readonly #options: OpenOptions;
  readonly #plain: Uint8Array[] = [];
  #length = 0;
  /** What came before the header was whole. */
  #head: Uint8Array = new Uint8Array();
  #begun: Begun | undefined;

  constructor(options: OpenOptions) {
    this.#options = options;
  }

  push(bytes: Uint8Array): SealedRefusal | undefined {
    this.#length += bytes.length;
    if (this.#length > this.#options.largest) return 'too-large';
    if (!this.#options.share.take(bytes.length)) return 'no-memory';
    if (this.#begun) {
      this.#plain.push(...this.#begun.opener.push(bytes));
      return undefined;
    }
    this.#head = concatBytes(this.#head, bytes);
    return this.#begin();
  }

  /**
   * A key id is one byte, and another machine, or this one before it was started anew, may have had
   * the same: what does not open from its first chunk on was sealed to a key that is not here.
   */
  refusalOf({ kind }: SealedFault): SealedRefusal {
    const isOfAnotherKey = kind === 'decrypt' && this.#plain.length === 0;
    if (kind === 'ohttp-key' || isOfAnotherKey) return 'unknown-key';
    return kind === 'oversized' ? 'too-large' : 'malformed';
  }

  end(): OpenedSealed | { readonly is: 'refused'; readonly because: SealedRefusal } {
    // Throws what is missing of the header.
    if (!this.#begun) this.#open();
    const begun = this.#begun;
    if (!begun) throw new SealedFault('incomplete', 'sealed_request', 'ended within the header');
    const last = begun.opener.end();
    const { places, account } = this.#options;
    const place = this.#wasSeen(begun) ? 'seen' : places.take(begun.generation, begun.enc, account);
    if (place !== 'new') return { is: 'refused', because: place === 'seen' ? 'replayed' : place };
    const { session, generation, opener } = begun;
    return { is: 'opened', session, generation, opener, plain: concatBytes(...this.#plain, last) };
  }

  #begin(): SealedRefusal | undefined {
    try {
      return this.#open();
    } catch (error) {
      const isShort = this.#head.length < LARGEST_REQUEST_HEADER;
      if (error instanceof SealedFault && error.kind === 'incomplete' && isShort) return undefined;
      throw error;
    }
  }

  #open(): SealedRefusal | undefined {
    const { ring } = this.#options;
    let generation: KeyGeneration | undefined;
    const { opener, enc, consumed } = openRequestHeader(this.#head, (keyId) => {
      generation = ring.taking(keyId);
      return generation?.key(keyId);
    });
    if (generation === undefined) return 'unknown-key';
    const begun = { session: sessionId(enc), generation, opener, enc };
    if (this.#wasSeen(begun)) return 'replayed';
    this.#begun = begun;
    this.#plain.push(...opener.push(this.#head.subarray(consumed)));
    this.#head = new Uint8Array();
    return undefined;
  }

  /** Its hash names the session: under other keys of ours it would name another one. */
  #wasSeen({ enc }: Begun): boolean {
    return this.#options.ring.inForce().some(({ encapsulations }) => encapsulations.has(enc));
  }
}
