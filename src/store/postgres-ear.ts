import type { Client } from 'pg';
import type { Row } from './driver.ts';
import { leave, newClient, SCHEMA } from './postgres-client.ts';
import { Watch } from './watch.ts';

/** Channels are the whole database's, not the schema's. */
export const CHANNEL = 'postern_events';

/**
 * Between two looks without a word: a pooler passes none on, and a server whose network is gone
 * says nothing any more.
 */
const LOOK_MS = 500;
/** A look takes a millisecond: a server that does not answer in this time is asked anew. */
const ANSWER_MS = 5_000;

/**
 * A connection of its own on which the server sends word, made again after it was lost; and a look
 * from time to time, as word may not come.
 */
export class PostgresEar {
  readonly #url: string;
  readonly #look: string;
  readonly #onChange: () => void;
  #client: Client | undefined;
  #watch: Watch | undefined;
  #isStopped = false;

  /** @param look gives a `number`, which is another one after each change. */
  constructor(url: string, look: string, onChange: () => void) {
    this.#url = url;
    this.#look = look;
    this.#onChange = onChange;
  }

  /** @throws whatever keeps it from the server now; what does so later is tried again. */
  async listen(): Promise<void> {
    this.#watch = await Watch.start(() => this.#number(), LOOK_MS, this.#onChange);
    if (this.#isStopped) this.#watch.stop();
  }

  stop(): void {
    this.#isStopped = true;
    this.#watch?.stop();
    this.#drop(this.#client);
  }

  async #number(): Promise<number> {
    const client = await this.#connected();
    try {
      const { rows } = await client.query<Row>(this.#look);
      return Number(rows[0]?.['number'] ?? 0);
    } catch (error) {
      this.#drop(client);
      throw error;
    }
  }

  async #connected(): Promise<Client> {
    if (this.#client !== undefined) return this.#client;
    const client = newClient(this.#url, ANSWER_MS);
    client.on('error', () => this.#drop(client));
    client.on('end', () => this.#drop(client));
    client.on('notification', () => this.#watch?.wake());
    try {
      await client.connect();
      await client.query(`SET search_path TO ${SCHEMA}; LISTEN ${CHANNEL}`);
      if (this.#isStopped) throw new Error('is closed');
      this.#client = client;
      return client;
    } catch (error) {
      this.#drop(client);
      throw error;
    }
  }

  #drop(client: Client | undefined): void {
    if (client === undefined) return;
    if (client === this.#client) {
      this.#client = undefined;
      this.#watch?.lose();
    }
    void leave(client);
  }
}
