import { keysetDigest } from '../../appraisal/binding/keyset.ts';
import { type OwnKey, writeKeyset } from '../../appraisal/binding/write-keyset.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { encodeKeyConfig } from '../../sealed/key-config.ts';
import { makeKeyPair, type SealedKeyPair } from '../../sealed/key-pair.ts';
import { SUITE_HYBRID, SUITE_X25519, type Suite } from '../../sealed/suite.ts';
import type { KeysConfig, SuiteName } from '../config.ts';
import { Encapsulations, IdempotencyKeys } from '../session/remembered.ts';
import { makeReceiptKey } from './receipt-key.ts';
import { UsageChain } from './usage-chain.ts';

/** The keys of one keyset, and all that is remembered under them. */
export interface KeyGeneration {
  /** Exact bytes. */
  readonly keyset: Uint8Array;
  /** SHA-384 of them, lower-case hex. */
  readonly digest: string;
  /** In milliseconds since the epoch; no new request is taken after `notAfter`. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** In milliseconds by a clock that nobody sets, see `KeyClocks`. */
  readonly madeAt: number;
  readonly key: (keyId: number) => SealedKeyPair | undefined;
  readonly encapsulations: Encapsulations;
  readonly idempotency: IdempotencyKeys;
  readonly usage: UsageChain;
  /** Aborted when the keys are erased: whatever still goes on under them ends. */
  readonly erased: AbortSignal;
  readonly erase: () => void;
}

export interface GenerationOptions {
  readonly deployment: string;
  readonly agentConfigSha256: Uint8Array;
  readonly keys: KeysConfig;
  /** 0 to 255, of the first suite; those of the others follow. */
  readonly firstKeyId: number;
  readonly now: number;
  readonly elapsed: number;
  readonly randomBytes: (length: number) => Uint8Array;
  /** Keys of other uses that the same enclave made. */
  readonly more: readonly OwnKey[];
}

const SUITES: Readonly<Record<SuiteName, Suite>> = { hybrid: SUITE_HYBRID, x25519: SUITE_X25519 };

/** New keys, in memory alone. */
export function makeGeneration(options: GenerationOptions): KeyGeneration {
  const { deployment, agentConfigSha256, keys, firstKeyId, now, randomBytes, more } = options;
  const pairs = keys.suites.map((name, i) =>
    makeKeyPair({ keyId: (firstKeyId + i) % 256, suite: SUITES[name], randomBytes }),
  );
  const receiptKey = makeReceiptKey();
  const notBefore = Math.floor(now / 1000) * 1000;
  const notAfter = notBefore + keys.life;
  const keyset = writeKeyset({
    deployment,
    validity: { from: notBefore, to: notAfter },
    agentConfigSha256,
    keys: [
      ...pairs.map(({ config }) => ({ use: 'ohttp' as const, config: encodeKeyConfig(config) })),
      ...more,
      { use: 'receipt', publicKey: receiptKey.publicKey },
    ],
  });
  const digest = toHex(keysetDigest(keyset));
  const erased = new AbortController();
  const encapsulations = new Encapsulations(keys.encapsulations);
  const idempotency = new IdempotencyKeys();
  return {
    keyset,
    digest,
    notBefore,
    notAfter,
    madeAt: options.elapsed,
    key: (keyId) => pairs.find(({ config }) => config.keyId === keyId),
    encapsulations,
    idempotency,
    usage: new UsageChain(digest, receiptKey, keys.accounts),
    erased: erased.signal,
    erase: () => {
      erased.abort();
      for (const pair of pairs) pair.erase();
      encapsulations.clear();
      idempotency.clear();
    },
  };
}
