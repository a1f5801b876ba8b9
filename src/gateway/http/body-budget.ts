/** Bytes of bodies that are being read or worked on: no number of requests takes more memory than this. */
export class BodyBudget {
  #left: number;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  /** @returns what gives them back, once; undefined where there are not so many. */
  take(bytes: number): { readonly give: () => void } | undefined {
    if (bytes > this.#left) return undefined;
    this.#left -= bytes;
    let taken = bytes;
    return {
      give: () => {
        this.#left += taken;
        taken = 0;
      },
    };
  }
}
