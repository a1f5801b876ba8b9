import { randomBytes } from 'node:crypto';
import { keysetDigest } from '../../../src/appraisal/binding/keyset.ts';
import { verifyBundle } from '../../../src/appraisal/bundle/verifier.ts';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { toBase64 } from '../../../src/core/encoding/base64.ts';
import { writeLeaf } from '../../../src/ledger/leaf/entry.ts';
import type { DecisionLeaf, Leaf } from '../../../src/ledger/leaf/leaf.ts';
import { type HardwareId, saltedKeyset, saltedSubject } from '../../../src/ledger/leaf/salted.ts';
import { parseSignedCheckpoint } from '../../../src/ledger/note/checkpoint.ts';
import { signNote } from '../../../src/ledger/note/sign-note.ts';
import { writeSignedNote } from '../../../src/ledger/note/signed-note.ts';
import { type VerifierKey, writeVerifierKey } from '../../../src/ledger/note/verifier-key.ts';
import { hardwareIds } from '../../../src/ledger/record/outcome.ts';
import { Stapler } from '../../../src/ledger/staple.ts';
import { StoreTiles } from '../../../src/ledger/store-tiles.ts';
import type { LedgerWriter } from '../../../src/ledger/writer/ledger-writer.ts';
import { bundleAnchors } from '../bundle.ts';
import { CLASSIC, ORIGIN, writerOn } from '../ledger-writing.ts';
import { MemoryStore } from '../memory-store.ts';
import { testSigner } from '../notes.ts';
import type { StandInMachine } from './machine.ts';

const WITNESS = testSigner('witness.example/w1', 'cosignature', 7);

/** What a client is told of the log, by the owner of its keys. */
export const LOG_KEY = writeVerifierKey(CLASSIC.keys[0] as VerifierKey);
export const TLOG_POLICY = [
  `log ${LOG_KEY}`,
  `witness w1 ${writeVerifierKey(WITNESS.key)}`,
  'group all-of-them all w1',
  'quorum all-of-them',
  '',
].join('\n');

interface LeafPut {
  readonly entry: Uint8Array;
  readonly index: number;
  readonly salt: Uint8Array | undefined;
}

/** The three leaves of an admission. */
export interface Admitted {
  readonly decision: string;
  readonly until: number;
  readonly puts: readonly LeafPut[];
}

export interface AdmissionChanges {
  readonly decision?: Partial<DecisionLeaf>;
  readonly until?: number;
  readonly keyset?: Uint8Array;
  /** The identities that the decision is about. */
  readonly hardware?: readonly HardwareId[];
  /** The admission rests on another decision. */
  readonly rests?: string;
}

/** A log in memory, written as a gateway does. */
export class StandInLedger {
  readonly store = new MemoryStore();
  readonly tiles = new StoreTiles(this.store);
  /** Cosigns what is asked for, at this time in seconds. */
  witnessedAt: bigint | undefined;
  #writer: LedgerWriter<string> | undefined;
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  async append(leaf: Leaf): Promise<number> {
    this.#writer ??= await writerOn(this.store, { now: this.#now });
    const { index } = await this.#writer.append({ id: leaf.id, entry: writeLeaf(leaf) });
    return index;
  }

  /** That a machine was decided about and let in, with its keyset of now. */
  async admit(machine: StandInMachine, changes: AdmissionChanges = {}): Promise<Admitted> {
    const { hardware, keys } = machine;
    const verified = verifyBundle({
      bundle: machine.attest(new Uint8Array(32), 'client'),
      at: hardware.at,
      anchors: bundleAnchors(hardware.roots),
    });
    const salt = new Uint8Array(randomBytes(32));
    const time = this.#now();
    const decision: DecisionLeaf = {
      v: 1,
      type: 'decision',
      id: newId(),
      time,
      engine: 'postern/0.1.0',
      at: time,
      policy: { name: 'stand-in', revision: 1, digest: `sha256:${'ab'.repeat(32)}` },
      verdict: 'accept',
      authentic: true,
      anchors: 'simulator',
      codes: [],
      subject: saltedSubject(salt, changes.hardware ?? hardwareIds(verified)),
      record: `sha256:${'cd'.repeat(32)}`,
      ...changes.decision,
    };
    const until = changes.until ?? time + 30 * 60_000;
    const base = { v: 1, time } as const;
    const rests = changes.rests ?? decision.id;
    const leaves: readonly Leaf[] = [
      decision,
      { ...base, type: 'admission.granted', id: newId(), decision: rests, until },
      {
        ...base,
        type: 'key.bound',
        id: newId(),
        decision: decision.id,
        keyset: saltedKeyset(salt, keysetDigest(changes.keyset ?? keys.keyset)),
      },
    ];
    const puts: LeafPut[] = [];
    for (const leaf of leaves) {
      const index = await this.append(leaf);
      const opens = leaf.type === 'admission.granted' ? undefined : salt;
      puts.push({ entry: writeLeaf(leaf), index, salt: opens });
    }
    return { decision: decision.id, until, puts };
  }

  /** As candidates have them. */
  async proofs({ puts }: Admitted) {
    const stapler = await Stapler.open(this.store);
    return Promise.all(
      puts.map(async ({ entry, index, salt }) => ({
        entry: toBase64(entry),
        proof: toBase64(this.#cosigned(await stapler.proofOf(index))),
        ...(salt && { salt: toHex(salt) }),
      })),
    );
  }

  async checkpoint(): Promise<Uint8Array> {
    const head = await this.store.head();
    return this.#cosigned(head?.checkpoint ?? new Uint8Array());
  }

  /** A proof ends in a checkpoint, so that a line at the end is one of both. */
  #cosigned(bytes: Uint8Array): Uint8Array {
    if (this.witnessedAt === undefined) return bytes;
    const text = new TextDecoder().decode(bytes);
    const note = text.slice(text.lastIndexOf(`${ORIGIN}\n`));
    const signed = parseSignedCheckpoint(utf8(note)).note;
    const line = signNote(signed.text, WITNESS, this.witnessedAt);
    const lines = writeSignedNote(signed.text, [line]);
    const added = new TextDecoder().decode(lines).slice(signed.text.length + 1);
    return concatBytes(bytes, utf8(added));
  }
}

function newId(): string {
  return toHex(new Uint8Array(randomBytes(16)));
}
