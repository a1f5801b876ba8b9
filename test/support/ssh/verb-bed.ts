import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { Io } from '../../../src/cli/io.ts';
import { type SshSystem, sshSystem } from '../../../src/cli/ssh/system.ts';
import { Args, type Verb } from '../../../src/cli/verb.ts';
import { FAULTS, Fault } from '../../../src/core/fault.ts';
import { type ClientBed, clientBed } from '../client/bed.ts';
import { GATEWAY, POOL } from '../client/gateway.ts';
import { LOG_KEY } from '../client/ledger.ts';
import type { HostKey } from './host-key.ts';

export interface SshRan {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  /** Milliseconds between looks at a machine that somebody is connected to. */
  readonly watchEvery?: number;
  /** Told of what ssh prints. */
  readonly onOut?: (text: string) => void;
}

/** A machine with an SSH host key, and verbs that verify it, in this process. */
export interface VerbBed {
  readonly bed: ClientBed;
  readonly key: HostKey;
  readonly flags: readonly string[];
  /** What they name. */
  readonly files: Map<string, Uint8Array>;
  readonly run: (
    make: Verb | ((system: SshSystem) => Verb),
    argv: readonly string[],
    more?: RunOptions,
  ) => Promise<SshRan>;
}

export async function verbBed(key: HostKey): Promise<VerbBed> {
  const bed = await clientBed({
    serving: [key.serving],
    policy: ({ spec: { bindings } }) => {
      if ('purposes' in bindings) bindings.purposes = ['client', 'ssh-session'];
    },
  });
  const { machine, gateway } = bed;
  const memory = mkdtempSync(join(tmpdir(), 'postern-ssh-memory-'));
  afterAll(() => rmSync(memory, { recursive: true, force: true }));
  const { tdx, snp, nvidia } = machine.hardware.roots;
  const files = new Map([
    ['policy.json', bed.policy],
    ['tdx.der', tdx],
    ['snp.der', snp],
    ['nvidia.der', nvidia.device],
    ['rim.der', nvidia.rim],
  ]);
  return {
    bed,
    files,
    key,
    flags: [
      ...['--gateway', GATEWAY, '--pool', POOL, '--memory', memory],
      ...['--policy', 'policy.json', '--ledger-key', LOG_KEY],
      ...['--trust-anchor', 'tdx.der', '--amd-trust-anchor', 'snp.der'],
      ...['--nvidia-trust-anchor', 'nvidia.der', '--rim-trust-anchor', 'rim.der'],
    ],
    run: async (make, argv, { watchEvery = 50, onOut } = {}) => {
      let [out, err] = ['', ''];
      const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8');
      const take = (more: string) => {
        out += more;
        onOut?.(more);
      };
      const give = (more: string) => {
        err += more;
      };
      const system = sshSystem({
        input: 'ignore',
        out: (bytes) => take(text(bytes)),
        err: (bytes) => give(text(bytes)),
      });
      const io: Io = {
        out: take,
        err: give,
        readFile: async (path) => {
          const file = files.get(path);
          if (file === undefined) throw new Fault('unreachable', path, 'can’t be read (ENOENT)');
          return file;
        },
        fetch: gateway.fetch,
        now: () => gateway.now,
        pause: async () => undefined,
        randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
        env: () => undefined,
        envNames: () => [],
        colours: false,
      };
      const verb = typeof make === 'function' ? make({ ...system, watchEvery }) : make;
      try {
        return { exit: await verb.run(io, new Args(verb, argv)), out, err };
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        return { exit: FAULTS[error.code].exit, out, err: `${err}${error.message}\n` };
      }
    },
  };
}
