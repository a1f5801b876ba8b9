import { fromUtf8 } from '../../core/bytes/text.ts';
import { toBase64 } from '../../core/encoding/base64.ts';
import { readBody } from '../../endorsements/http-body.ts';
import { parseSignedCheckpoint } from '../../ledger/note/checkpoint.ts';
import { LARGEST_NOTE } from '../../ledger/note/signed-note.ts';
import { type Epoch, epochNonce, epochPurpose } from '../../protocol/session/epoch.ts';
import type { Attester } from '../attesting/attester.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import type { Log } from '../log.ts';
import type { GatewayClient } from './gateway-client.ts';

export interface EpochsOptions {
  readonly client: GatewayClient;
  readonly attester: Attester;
  readonly ring: KeyRing;
  readonly log: Log;
}

/**
 * Evidence whose challenge is the gateway's checkpoint, for clients that ask for none of their own.
 * Without a cosignature it would be worth nothing (see `epoch.ts` of the protocol), and is not made.
 */
export class Epochs {
  readonly #options: EpochsOptions;
  #last: Epoch | undefined;

  constructor(options: EpochsOptions) {
    this.#options = options;
  }

  get last(): Epoch | undefined {
    return this.#last;
  }

  /** Answers the checkpoint of now, under the keys of now. @throws Fault. */
  async renew(): Promise<void> {
    const { client, attester, ring, log } = this.#options;
    const response = await client.wanted({ method: 'GET', path: '/checkpoint' });
    const note = await readBody(response, 'checkpoint', LARGEST_NOTE);
    const { checkpoint, note: signed } = parseSignedCheckpoint(note);
    const { current } = ring;
    // The log may sign with more keys than one, all of its own name.
    const isCosigned = signed.signatures.some(({ name }) => name !== checkpoint.origin);
    if (current === undefined || !isCosigned) {
      this.#last = undefined;
      log('info', 'epoch skipped', { code: current === undefined ? 'no-keys' : 'not-cosigned' });
      return;
    }
    const bundle = await attester.own({
      purpose: epochPurpose(checkpoint.origin),
      nonce: epochNonce(note),
      keyset: current.keyset,
    });
    this.#last = { checkpoint: fromUtf8(note, 'checkpoint'), bundle: toBase64(bundle) };
    log('info', 'epoch made', { keyset: current.digest });
  }

  /** Of keys that clients are not told any more. */
  forget(): void {
    this.#last = undefined;
  }
}
