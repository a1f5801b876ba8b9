import { followEvents } from '../../../src/cli/nodes/follow-events.ts';
import { Fault } from '../../../src/core/fault.ts';
import { NodeSchema } from '../../../src/protocol/node.ts';
import type { Campaign } from './campaign.ts';
import { sleep } from './front.ts';
import type { GatewayProcess } from './gateway-process.ts';
import { type NodeLife, wantPutOut } from './node-life.ts';

/** Until a revocation must be in force elsewhere, in milliseconds: far more than is aimed at. */
const DEADLINE = 15_000;
const AIM = 1000;

/** Milliseconds since the operator asked for it. */
export interface Measured {
  /** The gateway that was asked has answered. */
  readonly answered: number;
  /** The other one, or the same where it is alone, has refused the machine for the first time. */
  readonly refused: number;
  /** It has told those who follow its events. */
  readonly told: number;
}

/** Revokes machines at one gateway, and waits for each until another one, if there is one, refuses it and tells. */
export class Revocations {
  readonly #campaign: Campaign;
  readonly #here: GatewayProcess;
  readonly #there: GatewayProcess;
  readonly #told = new Map<string, number>();
  readonly #over = new AbortController();
  readonly #following: Promise<void>;

  constructor(campaign: Campaign, here: GatewayProcess, there: GatewayProcess) {
    this.#campaign = campaign;
    this.#here = here;
    this.#there = there;
    this.#following = this.#follow();
  }

  async #follow(): Promise<void> {
    const { front, admin } = this.#campaign;
    const follower = front.client(this.#there, admin);
    const options = { after: undefined, signal: this.#over.signal, pause: sleep };
    for await (const told of followEvents(follower, options)) {
      if (told.kind !== 'event' || told.event.type !== 'node.revoked') continue;
      this.#told.set(told.event.node ?? '', performance.now());
    }
  }

  async close(): Promise<void> {
    this.#over.abort();
    await this.#following;
  }

  /** In words. */
  get where(): string {
    return this.#there === this.#here ? 'same gateway' : 'other gateway';
  }

  /** @throws Error where it is not put out for good, at both. */
  async measure(life: NodeLife): Promise<Measured> {
    const { front, admin } = this.#campaign;
    const there = life.at(this.#there);
    // It still has a challenge when it is put out, and its evidence is ready.
    const shown = await life.evidence(there);
    const began = performance.now();
    const asked = front
      .client(this.#here, admin)
      .json(NodeSchema, life.asking('revoke'))
      .then((node) => ({ node, at: performance.now() }));
    asked.catch(() => undefined);
    const refused = await this.#until(`${life.name} to be refused`, async () => {
      const code = await refusalOf(life.evidence(there));
      return code === undefined ? undefined : performance.now();
    });
    const answered = await asked;
    const late = await refusalOf(life.show(there, shown));
    if (late === undefined) throw new Error(`${life.name} was decided about when it was revoked`);
    const told = await this.#until(`${life.name} to be told of`, async () =>
      this.#told.get(life.id),
    );
    wantPutOut(answered.node, 'revoke');
    wantPutOut(await life.foundAt(this.#there), 'revoke');
    return { answered: answered.at - began, refused: refused - began, told: told - began };
  }

  async #until(what: string, look: () => Promise<number | undefined>): Promise<number> {
    const end = performance.now() + DEADLINE;
    for (;;) {
      const found = await look();
      if (found !== undefined) return found;
      if (performance.now() > end) throw new Error(`waited too long for ${what}`);
      await sleep(2);
    }
  }
}

/** For what a gateway refuses whoever is revoked; undefined where it does not. */
async function refusalOf(asked: Promise<unknown>): Promise<string | undefined> {
  try {
    await asked;
    return undefined;
  } catch (error) {
    const isRefusal =
      error instanceof Fault && ['conflict', 'forbidden', 'unauthenticated'].includes(error.code);
    if (!isRefusal) throw error;
    return error.code;
  }
}

/**
 * A line a measure, for people.
 *
 * @param where in which gateway's answers it was seen.
 */
export function revocationLines(
  what: string,
  where: string,
  all: readonly Measured[],
): readonly string[] {
  const row = (name: keyof Measured, text: string) => {
    const sorted = all.map((one) => one[name]).sort((a, b) => a - b);
    const [median, worst] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
    if (median === undefined || worst === undefined) return `  ${text}: not measured`;
    const aim = name === 'answered' ? '' : worst < AIM ? '; < 1 s: met' : '; < 1 s: MISSED';
    return `  ${text}: median ${median.toFixed(0)} ms, worst ${worst.toFixed(0)} ms${aim}`;
  };
  return [
    `${all.length} revocations, ${what}, since the operator asked:`,
    row('answered', 'answered'),
    row('refused', `refused by the ${where}`),
    row('told', `told by the ${where}`),
  ];
}
