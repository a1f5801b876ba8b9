import { equalBytes } from '../../core/bytes/equal.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { fromUtf8 } from '../../core/bytes/text.ts';
import { Fault, malformed } from '../../core/fault.ts';
import { type KeyType, parseVerifierKey, type VerifierKey } from '../note/verifier-key.ts';

/** Which logs are believed, and how many witnesses they need (C2SP tlog-policy). */
export interface TlogPolicy {
  readonly logs: readonly PolicyLog[];
  readonly witnesses: readonly PolicyWitness[];
  /** What has to have witnessed a checkpoint; undefined of `quorum none`. */
  readonly quorum: PolicyMember | undefined;
}

export interface PolicyLog {
  /** Its name is the log's origin. */
  readonly key: VerifierKey;
  readonly url: string | undefined;
}

export interface PolicyWitness {
  readonly kind: 'witness';
  /** In the policy; the key has a name of its own. */
  readonly name: string;
  readonly key: VerifierKey;
  readonly url: string | undefined;
}

/** Witnesses a checkpoint when at least so many of its members do. */
export interface PolicyGroup {
  readonly kind: 'group';
  readonly name: string;
  readonly threshold: number;
  readonly members: readonly PolicyMember[];
}

export type PolicyMember = PolicyWitness | PolicyGroup;

/** Logs, witnesses and groups together; 32 of each must be taken. */
const MOST_DEFINITIONS = 1_024;
const LARGEST_POLICY = 4_000_000;

const LOG_TYPES: readonly KeyType[] = ['note', 'cosignature-ml-dsa-44'];
const WITNESS_TYPES: readonly KeyType[] = ['cosignature', 'cosignature-ml-dsa-44'];

/**
 * Lines of `log`, `witness`, `group` and `quorum`; empty ones and those of a # are passed over.
 *
 * @throws Fault `malformed` or, for keys of a type that is not read here, `unsupported` at
 *   `<at>:<line>`, from 1.
 */
export function parseTlogPolicy(bytes: Uint8Array, at = 'policy'): TlogPolicy {
  if (bytes.length > LARGEST_POLICY) {
    throw malformed(at, `${bytes.length} bytes, of which at most ${LARGEST_POLICY} are read`);
  }
  if (bytes.at(-1) !== NEWLINE) throw malformed(at, 'does not end in a newline');
  const reading = new PolicyReading();
  for (const [i, line] of split(bytes.subarray(0, -1), [NEWLINE]).entries()) {
    const place = `${at}:${i + 1}`;
    const control = line.find((byte) => (byte < SPACE && byte !== TAB) || byte === 0x7f);
    if (control !== undefined) {
      throw malformed(place, `control character 0x${toHex(Uint8Array.of(control))}`);
    }
    const words = split(line, [SPACE, TAB]).filter((word) => word.length > 0);
    const [first] = words;
    if (first !== undefined && first[0] !== HASH) reading.line(words, place);
  }
  return reading.finish(at);
}

const [TAB, NEWLINE, SPACE, HASH] = [0x09, 0x0a, 0x20, 0x23];

/** What the lines so far have defined. */
class PolicyReading {
  readonly #logs: PolicyLog[] = [];
  readonly #witnesses: PolicyWitness[] = [];
  /** By the bytes of the name: no two spellings of a character are the same. */
  readonly #names = new Map<string, PolicyMember>();
  readonly #grouped = new Set<PolicyMember>();
  #quorum: { readonly of: PolicyMember | undefined } | undefined;

  line([keyword, ...words]: readonly Uint8Array[], at: string): void {
    if (this.#logs.length + this.#names.size >= MOST_DEFINITIONS) {
      throw malformed(at, `beyond the ${MOST_DEFINITIONS} definitions that are read`);
    }
    switch (plain(keyword)) {
      case 'log':
        this.#log(words, at);
        break;
      case 'witness':
        this.#witness(words, at);
        break;
      case 'group':
        this.#group(words, at);
        break;
      case 'quorum':
        this.#setQuorum(words, at);
        break;
      default:
        throw malformed(at, `want log, witness, group or quorum, got ${plain(keyword)}`);
    }
  }

  finish(at: string): TlogPolicy {
    if (this.#quorum === undefined) throw malformed(at, 'no quorum line');
    return { logs: this.#logs, witnesses: this.#witnesses, quorum: this.#quorum.of };
  }

  #log(words: readonly Uint8Array[], at: string): void {
    const [vkey, url] = words;
    if (vkey === undefined || words.length > 2) throw malformed(at, 'want log <vkey> [<url>]');
    const key = keyOf(vkey, LOG_TYPES, at);
    this.#wantNew(key, this.#logs, at);
    this.#logs.push({ key, url: url && plain(url) });
  }

  #witness(words: readonly Uint8Array[], at: string): void {
    const [name, vkey, url] = words;
    if (name === undefined || vkey === undefined || words.length > 3) {
      throw malformed(at, 'want witness <name> <vkey> [<url>]');
    }
    const key = keyOf(vkey, WITNESS_TYPES, at);
    this.#wantNew(key, this.#witnesses, at);
    const witness = { kind: 'witness', name: plain(name), key, url: url && plain(url) } as const;
    this.#define(name, witness, at);
    this.#witnesses.push(witness);
  }

  #group(words: readonly Uint8Array[], at: string): void {
    const [name, rule, ...names] = words;
    if (name === undefined || rule === undefined || names.length === 0) {
      throw malformed(at, 'want group <name> all|any|<k> <name>...');
    }
    const members = names.map((member) => this.#member(member, at));
    for (const member of members) {
      if (this.#grouped.has(member)) throw malformed(at, `${member.name} is in a group already`);
      this.#grouped.add(member);
    }
    const threshold = thresholdOf(plain(rule), members.length, at);
    this.#define(name, { kind: 'group', name: plain(name), threshold, members }, at);
  }

  #setQuorum([name, ...more]: readonly Uint8Array[], at: string): void {
    if (name === undefined || more.length > 0) throw malformed(at, 'want quorum <name>');
    if (this.#quorum) throw malformed(at, 'a second quorum line');
    this.#quorum = { of: plain(name) === NONE ? undefined : this.#member(name, at) };
  }

  /**
   * The same key bytes under another name are the same key: nobody counts twice. Two keys of one
   * name and id, which somebody has to have looked for, could not be told apart in a note.
   */
  #wantNew(key: VerifierKey, others: readonly { readonly key: VerifierKey }[], at: string): void {
    if (others.some((other) => equalBytes(other.key.publicKey, key.publicKey))) {
      throw malformed(at, 'the same public key as on a line above');
    }
    const known = [...this.#logs, ...this.#witnesses].map((other) => other.key);
    const twin = known.find(({ id, name }) => id === key.id && name === key.name);
    if (twin && !equalBytes(twin.publicKey, key.publicKey)) {
      throw malformed(at, 'the same name and id as on a line above, of another key');
    }
  }

  #define(name: Uint8Array, member: PolicyMember, at: string): void {
    if (plain(name) === NONE) throw malformed(at, `${NONE} is no name to give`);
    if (this.#names.has(toHex(name))) throw malformed(at, `${plain(name)} is defined already`);
    this.#names.set(toHex(name), member);
  }

  #member(name: Uint8Array, at: string): PolicyMember {
    const member = this.#names.get(toHex(name));
    if (member === undefined) throw malformed(at, `${plain(name)} is not defined above`);
    return member;
  }
}

const NONE = 'none';

function thresholdOf(rule: string, members: number, at: string): number {
  if (rule === 'all') return members;
  if (rule === 'any') return 1;
  const threshold = /^[1-9][0-9]{0,3}$/.test(rule) ? Number(rule) : 0;
  if (threshold < 1 || threshold > members) {
    throw malformed(at, `want all, any or a number from 1 to ${members}, got ${rule}`);
  }
  return threshold;
}

function keyOf(vkey: Uint8Array, types: readonly KeyType[], at: string): VerifierKey {
  const key = located(at, () => parseVerifierKey(fromUtf8(vkey, at), at));
  if (!types.includes(key.type)) {
    throw malformed(at, `a key of type ${key.type}, which is not for this`);
  }
  return key;
}

/** Whatever part of a key is wrong: the line is the place. */
function located<T>(at: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof Fault) throw new Fault(error.code, at, `key: ${error.detail}`);
    throw error;
  }
}

function split(bytes: Uint8Array, separators: readonly number[]): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let start = 0;
  for (let end = 0; end <= bytes.length; end++) {
    const byte = bytes[end];
    if (byte !== undefined && !separators.includes(byte)) continue;
    parts.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return parts;
}

const tolerant = new TextDecoder('utf-8', { ignoreBOM: true });

/** To show, and to compare with words of ASCII: bytes that are no UTF-8 come out as U+FFFD. */
function plain(bytes: Uint8Array = new Uint8Array()): string {
  return tolerant.decode(bytes);
}
