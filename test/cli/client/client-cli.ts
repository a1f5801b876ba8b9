import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { Io } from '../../../src/cli/io.ts';
import { type ClientBed, clientBed } from '../../support/client/bed.ts';
import { GATEWAY, POOL } from '../../support/client/gateway.ts';
import { LOG_KEY } from '../../support/client/ledger.ts';
import { type Files, postern, type Ran } from '../fake-io.ts';

/** A stand-in gateway and machine, and the command line that trusts them. */
export interface CliBed {
  readonly bed: ClientBed;
  readonly files: Files;
  readonly flags: readonly string[];
  readonly io: Partial<Io>;
  readonly run: (argv: readonly string[], more?: Partial<Io>) => Promise<Ran>;
}

export async function cliBed(changes: Parameters<typeof clientBed>[0] = {}): Promise<CliBed> {
  const bed = await clientBed(changes);
  const memory = await mkdtemp(join(tmpdir(), 'postern-client-'));
  afterAll(() => rm(memory, { recursive: true, force: true }));
  const { tdx, snp, nvidia } = bed.machine.hardware.roots;
  const files = {
    'policy.json': bed.policy,
    'tdx.der': tdx,
    'snp.der': snp,
    'nvidia.der': nvidia.device,
    'rim.der': nvidia.rim,
    'api.key': `postern_client_${'a'.repeat(24)}\n`,
  };
  const flags = [
    ...['--gateway', GATEWAY, '--pool', POOL, '--memory', memory],
    ...['--policy', 'policy.json', '--ledger-key', LOG_KEY, '--api-key-file', 'api.key'],
    ...['--trust-anchor', 'tdx.der', '--amd-trust-anchor', 'snp.der'],
    ...['--nvidia-trust-anchor', 'nvidia.der', '--rim-trust-anchor', 'rim.der'],
  ];
  const io = { fetch: bed.gateway.fetch, now: () => bed.gateway.now };
  return {
    bed,
    files,
    flags,
    io,
    run: (argv, more = {}) => postern(argv, files, { ...io, ...more }),
  };
}

/** The flags without one option and its value. */
export function without(flags: readonly string[], option: string): readonly string[] {
  const at = flags.indexOf(option);
  if (at < 0) throw new Error(`no ${option}`);
  return flags.toSpliced(at, 2);
}
