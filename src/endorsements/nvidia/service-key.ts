import { Fault } from '../../core/fault.ts';

/**
 * The key by which NVIDIA knows its customers. It leaves this object in a request's header
 * only: printed, logged or written as JSON, there is nothing to see.
 */
export class ServiceKey {
  readonly #text: string;

  /**
   * @param text white space around it is dropped.
   * @throws Fault `usage` for what can't stand in a header; without a word of what it was.
   */
  constructor(text: string) {
    const key = text.trim();
    if (!/^[\x21-\x7e]{1,4096}$/.test(key)) {
      throw new Fault('usage', 'service key', 'want one line of printable ASCII without spaces');
    }
    this.#text = key;
  }

  /** Of a request to the service. */
  get headers(): Readonly<Record<string, string>> {
    return { Authorization: `Bearer ${this.#text}` };
  }
}
