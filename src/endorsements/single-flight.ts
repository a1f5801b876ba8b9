/** At most one run per name at a time; who asks meanwhile gets the same answer. */
export class SingleFlight<T> {
  readonly #running = new Map<string, Promise<T>>();

  run(name: string, start: () => Promise<T>): Promise<T> {
    // No await between look-up and insert, or two callers would both start.
    const running = this.#running.get(name);
    if (running !== undefined) return running;
    const started = start().finally(() => this.#running.delete(name));
    this.#running.set(name, started);
    return started;
  }
}
