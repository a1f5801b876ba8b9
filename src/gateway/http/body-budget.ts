/** Of all, what the bodies of one address may take. */
const SHARE = 1 / 4;

/** Bytes of bodies that are being read or worked on: no number of requests takes more memory than this. */
export class BodyBudget {
  #left: number;
  readonly #each: number;
  readonly #held = new Map<string, number>();

  /** @param largest the largest body that there is: one of them is always taken from an address. */
  constructor(bytes: number, largest = bytes) {
    this.#left = bytes;
    this.#each = Math.max(largest, bytes * SHARE);
  }

  /**
   * For one body, as its bytes come: what is only announced takes nothing from anybody.
   *
   * @param address whose it is: it is read before anybody knows who asks. Left out where that is
   *   not known either.
   */
  open(address?: string): BodyShare {
    let taken = 0;
    return {
      take: (bytes) => {
        if (bytes > this.#left || bytes > this.#leftOf(address)) return 'too-many';
        this.#change(address, bytes);
        taken += bytes;
        return 'taken';
      },
      give: () => {
        this.#change(address, -taken);
        taken = 0;
      },
    };
  }

  #leftOf(address: string | undefined): number {
    return address === undefined ? this.#left : this.#each - (this.#held.get(address) ?? 0);
  }

  #change(address: string | undefined, bytes: number): void {
    this.#left -= bytes;
    if (address === undefined) return;
    const held = (this.#held.get(address) ?? 0) + bytes;
    if (held > 0) this.#held.set(address, held);
    else this.#held.delete(address);
  }
}

export interface BodyShare {
  take(bytes: number): 'taken' | 'too-many';
  /** Gives all of it back, once. */
  give(): void;
}
