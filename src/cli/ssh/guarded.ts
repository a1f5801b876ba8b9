import type { RunningSsh, SshEnded } from './system.ts';

/**
 * Watches over a connection.
 *
 * @returns why it has to end; undefined where there is nothing to say against it.
 */
export type Guard = (signal: AbortSignal) => Promise<Error | undefined>;

export interface Guarded extends SshEnded {
  /** Why a guard had ssh ended. */
  readonly because: Error | undefined;
}

/** Waits for an ssh to end, and ends it once one of its guards says why. */
export async function guarded(ssh: RunningSsh, guards: readonly Guard[]): Promise<Guarded> {
  const over = new AbortController();
  let because: Error | undefined;
  const watch = async (guard: Guard) => {
    const reason = await guard(over.signal).catch((error: unknown) =>
      error instanceof Error ? error : new Error(String(error)),
    );
    if (reason === undefined || over.signal.aborted || because) return;
    because = reason;
    ssh.end();
  };
  for (const guard of guards) void watch(guard);
  try {
    const ended = await ssh.ended;
    return { ...ended, because };
  } finally {
    over.abort();
  }
}
