import type { Io } from '../io.ts';
import { type Colour, type Paint, painter } from '../paint.ts';
import { printJson } from '../render.ts';
import { visible } from '../visible.ts';

/** What a step found out, as JSON has it. */
export type Facts = Readonly<Record<string, unknown>>;

/** Tells the steps of a demonstration: numbered lines for people, or an object a line. */
export class Teller {
  readonly paint: Paint;
  readonly #io: Io;
  readonly #json: boolean;
  #step = 0;

  constructor(io: Io, form: 'lines' | 'json') {
    this.#io = io;
    this.#json = form === 'json';
    this.paint = painter(io.colours);
  }

  /** Begins a step, before it is done: what it shows, in a sentence. */
  begin(title: string): void {
    this.#step++;
    if (this.#json) return;
    this.#io.out(`\n${this.paint('bold', `${this.#step}  ${title}`)}\n`);
  }

  /** A line of the step, for people alone. */
  line(text = '', colour?: Colour): void {
    if (this.#json) return;
    const shown = visible(text);
    this.#io.out(`   ${colour ? this.paint(colour, shown) : shown}\n`.replace(/^ +\n$/, '\n'));
  }

  /** A line with a mark before it. */
  good(text: string): void {
    if (!this.#json) this.#io.out(`   ${this.paint('green', '✓')} ${visible(text)}\n`);
  }

  bad(text: string): void {
    if (!this.#json) this.#io.out(`   ${this.paint('red', '✗')} ${visible(text)}\n`);
  }

  /** Text as it comes, without an end of line. */
  raw(text: string): void {
    if (!this.#json) this.#io.out(text.split('\n').map(visible).join('\n   '));
  }

  /** Ends a step: what it comes to, for machines alone. */
  facts(name: string, facts: Facts): void {
    if (this.#json) printJson(this.#io, { step: this.#step, name, ...facts });
  }
}
