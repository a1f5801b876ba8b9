/** Memory that all requests share: what one takes the others can't have. */
export class Bodies {
  readonly #most: number;
  #held = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get held(): number {
    return this.#held;
  }

  share(): BodyShare {
    let mine = 0;
    return {
      take: (bytes) => {
        if (this.#held + bytes > this.#most) return false;
        this.#held += bytes;
        mine += bytes;
        return true;
      },
      release: () => {
        this.#held -= mine;
        mine = 0;
      },
    };
  }
}

export interface BodyShare {
  /** @returns whether there was room. */
  readonly take: (bytes: number) => boolean;
  readonly release: () => void;
}
