import type { GatewayConfig } from './config.ts';
import { Alarm } from './gateway/alarm.ts';
import type { Epochs } from './gateway/epochs.ts';
import type { Standing } from './gateway/standing.ts';
import type { KeyGeneration } from './keys/key-generation.ts';
import type { KeyRing } from './keys/key-ring.ts';
import { codeOfError, type Log } from './log.ts';
import type { Metrics } from './metrics.ts';

export interface KeepingOptions {
  readonly ring: KeyRing;
  readonly makeKeys: () => KeyGeneration;
  /** Makes what has to be there when these keys come in force. @returns what puts it in force. */
  readonly prepare: (generation: KeyGeneration) => Promise<() => void>;
  /** Undefined where there is no gateway to be let in by. */
  readonly gateway:
    | { readonly config: GatewayConfig; readonly standing: Standing; readonly epochs: Epochs }
    | undefined;
  /** Told each time that the gateway let this machine in. */
  readonly onAdmitted: () => void;
  readonly now: () => number;
  /** From 0 up to 1: machines that began together don't come back together. */
  readonly random: () => number;
  /** Resolves after so many milliseconds, or at once when the signal is aborted. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** No wait is longer: the keys may have ended by a clock that was set. */
const LONGEST_WAIT = 60_000;
/** How much of an admission may be left when it is renewed. */
const LEFT = 0.25;

/**
 * What an agent does by itself: keys are made before they are needed, shown to the gateway, and
 * only then told to clients; an admission is renewed before it ends, and asked for again where the
 * gateway took it back or forgot it.
 */
export class Keeping {
  readonly #options: KeepingOptions;
  readonly #alarm: Alarm;
  /** Keys that the gateway has not seen yet. */
  #next: KeyGeneration | undefined;
  #putInForce: (() => void) | undefined;
  #renewAt: number | undefined;
  #lookAt = 0;
  #epochAt = 0;

  constructor(options: KeepingOptions) {
    this.#options = options;
    this.#alarm = new Alarm(options.pause);
  }

  /** Looks at once whether there is something to do. */
  readonly wake = (): void => this.#alarm.ring();

  /** Goes on until it is told to end. */
  async run(signal: AbortSignal): Promise<void> {
    const { retry = 1000, retryMost = LONGEST_WAIT } = this.#options.gateway?.config ?? {};
    let failures = 0;
    while (!signal.aborted) {
      const done = await this.#step().catch((error: unknown) => this.#failed(error));
      failures = done === 'done' ? 0 : failures + 1;
      const back = Math.min(retry * 2 ** Math.min(failures - 1, 20), retryMost);
      const wait = failures > 0 ? back * (0.5 + this.#options.random() / 2) : this.#untilDue();
      // What failed is not tried again sooner for being called for.
      if (failures > 0) await this.#options.pause(wait, signal);
      else await this.#alarm.wait(wait, signal);
    }
    this.#next?.erase();
  }

  #failed(error: unknown): 'failed' {
    this.#options.metrics.count('gateway_failures');
    this.#options.log('warn', 'gateway failed', { code: codeOfError(error) });
    return 'failed';
  }

  async #step(): Promise<'done' | 'failed'> {
    const { ring, now, gateway } = this.#options;
    if (ring.dueAt <= now() && (await this.#newKeys()) === 'failed') return 'failed';
    if (gateway === undefined) return 'done';
    await this.#keepAdmitted(gateway);
    if (now() >= this.#epochAt) {
      await gateway.epochs.renew();
      this.#epochAt = now() + gateway.config.epochEvery;
    }
    return 'done';
  }

  async #newKeys(): Promise<'done' | 'failed'> {
    const { ring, makeKeys, gateway, log, metrics, now } = this.#options;
    if (this.#next === undefined || this.#next.notAfter <= now()) {
      this.#next?.erase();
      this.#next = makeKeys();
      this.#putInForce = undefined;
      metrics.count('keys');
      log('info', 'keys made', { keyset: this.#next.digest });
    }
    const next = this.#next;
    this.#putInForce ??= await this.#prepared(next);
    if (this.#putInForce === undefined) return 'failed';
    if (gateway) {
      await gateway.standing.show(next);
      this.#shown(gateway.standing);
    }
    this.#next = undefined;
    ring.activate(next);
    this.#putInForce();
    gateway?.epochs.forget();
    this.#epochAt = 0;
    log('info', 'keys in force', { keyset: next.digest });
    return 'done';
  }

  async #prepared(next: KeyGeneration): Promise<(() => void) | undefined> {
    const { prepare, log, metrics } = this.#options;
    try {
      return await prepare(next);
    } catch (error) {
      metrics.count('certificates_failed');
      log('warn', 'certificate failed', { keyset: next.digest, code: codeOfError(error) });
      return undefined;
    }
  }

  async #keepAdmitted({ standing }: NonNullable<KeepingOptions['gateway']>): Promise<void> {
    const { ring, now } = this.#options;
    const { current } = ring;
    if (current === undefined) return;
    const isDue = this.#renewAt !== undefined && now() >= this.#renewAt;
    if (!isDue && now() < this.#lookAt) return;
    if (isDue || !(await standing.look())) {
      await standing.show(current);
      this.#shown(standing);
    }
    this.#lookAt = now() + LONGEST_WAIT;
  }

  #shown({ until }: Standing): void {
    const now = this.#options.now();
    this.#renewAt = until === undefined ? undefined : until - Math.max(0, until - now) * LEFT;
    this.#lookAt = now + LONGEST_WAIT;
    this.#options.onAdmitted();
  }

  #untilDue(): number {
    const { ring, now, gateway } = this.#options;
    const times = [
      ring.dueAt,
      ...(gateway ? [this.#lookAt, this.#epochAt] : []),
      ...(this.#renewAt === undefined ? [] : [this.#renewAt]),
    ];
    return Math.min(Math.max(0, Math.min(...times) - now()), LONGEST_WAIT);
  }
}
