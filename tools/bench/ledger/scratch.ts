import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder of the bench's own, on the disk where temporary files are. */
export class Scratch {
  readonly folder = mkdtempSync(join(tmpdir(), 'postern-bench-'));
  readonly #closing: (() => Promise<void>)[] = [];

  path(name: string): string {
    return join(this.folder, name);
  }

  /** What has to be closed before the folder goes. */
  onEnd(close: () => Promise<void>): void {
    this.#closing.push(close);
  }

  async end(): Promise<void> {
    for (const close of this.#closing.reverse()) await close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
