/** Bytes of bodies that are being read or worked on: no number of requests takes more memory than this. */
export class BodyBudget {
  #left: number;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  /** For one body, as its bytes come: what is only announced takes nothing from anybody. */
  open(): BodyShare {
    let taken = 0;
    return {
      take: (bytes) => {
        if (bytes > this.#left) return 'too-many';
        this.#left -= bytes;
        taken += bytes;
        return 'taken';
      },
      give: () => {
        this.#left += taken;
        taken = 0;
      },
    };
  }
}

export interface BodyShare {
  take(bytes: number): 'taken' | 'too-many';
  /** Gives all of it back, once. */
  give(): void;
}
