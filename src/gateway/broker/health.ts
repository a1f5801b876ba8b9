import type { NodeFacts } from './weights.ts';

/** How much a new measurement counts against all before it. */
const NEWEST = 0.2;
/** After so long a failure counts half, in milliseconds. */
const HALF_LIFE = 15_000;

interface Known {
  inFlight: number;
  firstByte: number | undefined;
  failures: number;
  /** When that many failures counted. */
  at: number;
}

/** What relaying to nodes shows of them; nobody is asked for it. */
export class Health {
  readonly #nodes = new Map<string, Known>();

  facts(node: string, now: number): NodeFacts {
    const known = this.#nodes.get(node);
    if (known === undefined) return { inFlight: 0, firstByte: undefined, failures: 0 };
    const { inFlight, firstByte } = known;
    return { inFlight, firstByte, failures: faded(known, now) };
  }

  opened(node: string): void {
    this.#of(node).inFlight++;
  }

  closed(node: string): void {
    const known = this.#of(node);
    known.inFlight = Math.max(0, known.inFlight - 1);
  }

  /** @param ms from the request to the first byte of the answer. */
  began(node: string, ms: number): void {
    const known = this.#of(node);
    known.firstByte =
      known.firstByte === undefined ? ms : known.firstByte * (1 - NEWEST) + ms * NEWEST;
  }

  /** It could not be reached, was full, or broke off. */
  failed(node: string, now: number): void {
    const known = this.#of(node);
    known.failures = faded(known, now) + 1;
    known.at = now;
  }

  /** One that is not there any more, and has nothing open. */
  forget(node: string): void {
    if (this.#nodes.get(node)?.inFlight === 0) this.#nodes.delete(node);
  }

  #of(node: string): Known {
    const known = this.#nodes.get(node) ?? {
      inFlight: 0,
      firstByte: undefined,
      failures: 0,
      at: 0,
    };
    this.#nodes.set(node, known);
    return known;
  }
}

function faded({ failures, at }: Known, now: number): number {
  return failures * 0.5 ** (Math.max(0, now - at) / HALF_LIFE);
}
