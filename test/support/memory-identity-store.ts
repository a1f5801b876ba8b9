import { Fault } from '../../src/core/fault.ts';
import type { Credential } from '../../src/gateway/identity/credential.ts';
import type { IdentityStore } from '../../src/gateway/identity/store.ts';

/** Identities in memory, as the port says it. */
export class MemoryIdentityStore implements IdentityStore {
  readonly spent = new Map<string, number>();
  /** Calls of `noteUse`, each a write. */
  readonly uses: { readonly id: string; readonly at: number }[] = [];
  readonly #rows = new Map<string, Credential>();

  async credential(id: string): Promise<Credential | undefined> {
    return this.#rows.get(id);
  }

  async credentialByKey(publicKey: string): Promise<Credential | undefined> {
    return this.#unrevoked().find((row) => keyOf(row) === publicKey);
  }

  async credentials(): Promise<readonly Credential[]> {
    return [...this.#rows.values()].sort((a, b) => a.createdAt - b.createdAt);
  }

  async addCredential(credential: Credential): Promise<void> {
    const key = keyOf(credential);
    for (const other of this.#unrevoked()) {
      if (other.name === credential.name) throw conflict('credentials.name');
      if (key !== undefined && keyOf(other) === key) throw conflict('credentials.key');
    }
    this.#rows.set(credential.id, credential);
  }

  async replaceCredential({ usedAt: _, ...credential }: Credential): Promise<void> {
    const old = this.#rows.get(credential.id);
    if (old?.version !== credential.version - 1) throw conflict(`credentials[${credential.id}]`);
    const { usedAt } = old;
    this.#rows.set(credential.id, { ...credential, ...(usedAt !== undefined && { usedAt }) });
  }

  async noteUse(id: string, at: number): Promise<void> {
    this.uses.push({ id, at });
    const old = this.#rows.get(id);
    if (old !== undefined && (old.usedAt ?? 0) < at) this.#rows.set(id, { ...old, usedAt: at });
  }

  async spendOnce(digest: string, until: number): Promise<boolean> {
    if (this.spent.has(digest)) return false;
    this.spent.set(digest, until);
    return true;
  }

  #unrevoked(): Credential[] {
    return [...this.#rows.values()].filter((row) => row.revokedAt === undefined);
  }
}

function keyOf({ proof }: Credential): string | undefined {
  return proof.kind === 'api-key' ? undefined : proof.publicKey;
}

function conflict(at: string): Fault {
  return new Fault('conflict', at, 'is another’s, or was changed meanwhile');
}
