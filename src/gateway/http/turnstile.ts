import { Refusal } from './problem.ts';

export interface TurnstileOptions {
  readonly running: number;
  readonly waiting: number;
  /** Milliseconds. */
  readonly waitAtMost: number;
  readonly retryAfter: number;
  /** Told each time that the numbers change. */
  readonly onChange: (running: number, waiting: number) => void;
  /** Told of each that was turned away. */
  readonly onRefusal: () => void;
}

/** Lets few at once do what is costly, in order; more wait a little, and more than those are turned away. */
export class Turnstile {
  readonly #options: TurnstileOptions;
  readonly #queue: (() => void)[] = [];
  #running = 0;

  constructor(options: TurnstileOptions) {
    this.#options = options;
  }

  /** @throws Refusal `busy` where it did not come to be anyone's turn. */
  async pass<T>(act: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#options.running) await this.#wait();
    else this.#running++;
    this.#changed();
    try {
      return await act();
    } finally {
      // The place is handed on, not given up, so that nobody slips in between.
      const next = this.#queue.shift();
      if (next) next();
      else this.#running--;
      this.#changed();
    }
  }

  #wait(): Promise<void> {
    const { waiting, waitAtMost } = this.#options;
    if (this.#queue.length >= waiting) return Promise.reject(this.#refusal());
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const turn = () => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(() => {
      this.#queue.splice(this.#queue.indexOf(turn), 1);
      this.#changed();
      reject(this.#refusal());
    }, waitAtMost);
    this.#queue.push(turn);
    this.#changed();
    return promise;
  }

  #refusal(): Refusal {
    this.#options.onRefusal();
    return new Refusal('busy', { retryAfter: this.#options.retryAfter });
  }

  #changed(): void {
    this.#options.onChange(this.#running, this.#queue.length);
  }
}

/** Turnstiles of all that is costly. */
export interface Turnstiles {
  pass<T>(what: 'decision' | 'verification', act: () => Promise<T>): Promise<T>;
}

/**
 * One for all, and before it one for verifications by which nothing is decided: whoever may ask for
 * those, and has them wait for a vendor, keeps no machine from being decided about.
 */
export function turnstiles({ onChange, ...options }: TurnstileOptions): Turnstiles {
  const numbers = { running: 0, waiting: 0, before: 0 };
  const change = (changed: Partial<typeof numbers>) => {
    Object.assign(numbers, changed);
    onChange(numbers.running, numbers.waiting + numbers.before);
  };
  const all = new Turnstile({
    ...options,
    onChange: (running, waiting) => change({ running, waiting }),
  });
  const verifications = new Turnstile({
    ...options,
    running: Math.max(1, Math.floor(options.running / 2)),
    onChange: (_running, before) => change({ before }),
  });
  return {
    pass: (what, act) =>
      what === 'decision' ? all.pass(act) : verifications.pass(() => all.pass(act)),
  };
}
