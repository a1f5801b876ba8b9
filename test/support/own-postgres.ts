import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Client } from 'pg';

/** Where PostgreSQL's own programs are, the newest first; undefined where there are none. */
export const POSTGRES_PROGRAMS: string | undefined = globSync('/usr/lib/postgresql/*/bin/initdb')
  .map((path) => dirname(path))
  .sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))[0];

const TRIES = 200;

/** A cluster of a test's own, which may be killed as often as it likes. */
export class OwnPostgres {
  readonly url: string;
  readonly #folder: string;
  readonly #data: string;
  readonly #port: number;
  readonly #programs: string;
  #server: ChildProcess | undefined;

  /** @param port a free one on 127.0.0.1. */
  static async create(programs: string, port: number): Promise<OwnPostgres> {
    const cluster = new OwnPostgres(programs, port);
    try {
      const args = ['-D', cluster.#data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8'];
      execFileSync(join(programs, 'initdb'), [...args, '--no-locale', '--data-checksums'], {
        ...owner(),
        stdio: 'ignore',
        cwd: cluster.#folder,
      });
      await cluster.start();
      return cluster;
    } catch (error) {
      await cluster.remove();
      throw error;
    }
  }

  private constructor(programs: string, port: number) {
    this.#programs = programs;
    this.#port = port;
    this.#folder = mkdtempSync(join(tmpdir(), 'postern-postgres-'));
    this.#data = join(this.#folder, 'data');
    const { uid, gid } = owner();
    if (uid !== undefined && gid !== undefined) chownSync(this.#folder, uid, gid);
    this.url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  }

  async start(): Promise<void> {
    const settings = [
      'listen_addresses=127.0.0.1',
      `port=${this.#port}`,
      'shared_buffers=16MB',
      // After a crash one call for the file system, in place of one for each of a thousand files.
      'recovery_init_sync_method=syncfs',
    ];
    this.#server = spawn(
      join(this.#programs, 'postgres'),
      ['-D', this.#data, '-k', this.#folder, ...settings.flatMap((setting) => ['-c', setting])],
      { ...owner(), stdio: 'ignore', cwd: this.#folder },
    );
    for (let i = 0; ; i++) {
      const client = new Client({ connectionString: this.url });
      client.on('error', () => undefined);
      try {
        await client.connect();
        await client.end();
        return;
      } catch (error) {
        await client.end().catch(() => undefined);
        if (i >= TRIES) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  /** As a power cut: the postmaster is killed, and its children end when they miss it. */
  async kill(): Promise<void> {
    const server = this.#server;
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const children = childrenOf(server.pid);
    server.kill('SIGKILL');
    await once(server, 'exit');
    for (const pid of children) await gone(pid);
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** PostgreSQL refuses to run as root: there, it runs as the user that its package made. */
function owner(): { readonly uid?: number; readonly gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const idOf = (flag: string) =>
    Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: idOf('-u'), gid: idOf('-g') };
}

function childrenOf(pid: number | undefined): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}

async function gone(pid: number): Promise<void> {
  for (let i = 0; i < TRIES; i++) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`a process of the killed server, ${pid}, lives on`);
}
