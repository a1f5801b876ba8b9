import type { AttestationOutcome } from '../../../src/agent/gateway/attestation.ts';
import type { Proof } from '../../../src/agent/gateway/proof.ts';
import type { NodeState } from '../../../src/gateway/fleet/node.ts';
import type { Random } from '../../fuzz/random.ts';
import type { Endpoints } from './endpoints.ts';
import type { Front } from './front.ts';
import { freshKeys, NodeLife, wantPutOut } from './node-life.ts';
import type { Fate, Machine } from './population.ts';

/** Machines that are busy at the same moment. */
const AT_ONCE = 24;
/** For a machine that a killed gateway had taken to look at, in milliseconds. */
const DEADLINE = 600_000;

/** What a gateway said that it has decided and written down. */
export interface Heard {
  readonly verdict: AttestationOutcome['verdict'];
  /** Of its leaf, where it said so. */
  readonly leaf: number | undefined;
}

/** A fleet that goes through its fates, asking whichever gateways there are. */
export class Campaign {
  readonly front: Front;
  readonly admin: Proof;
  /** By id of the decision. */
  readonly decisions = new Map<string, Heard>();
  readonly lives = new Map<Machine, NodeLife>();
  /** The other one of each pair. */
  readonly twins = new Map<Machine, NodeLife>();
  readonly #endpoints: Endpoints;

  constructor(front: Front, admin: Proof, endpoints: Endpoints) {
    this.front = front;
    this.admin = admin;
    this.#endpoints = endpoints;
  }

  heard(outcome: AttestationOutcome): void {
    if (outcome.verdict === 'accept') {
      const { decision, leaf } = outcome.answer;
      this.decisions.set(decision, { verdict: 'accept', leaf: leaf.index });
      return;
    }
    const { decision } = outcome.problem;
    if (decision === undefined) throw new Error('a decision without its id');
    this.decisions.set(decision, { verdict: outcome.verdict, leaf: undefined });
  }

  /** Everybody enrols, and shows its evidence for the first time. */
  async begin(machine: Machine): Promise<void> {
    const life = new NodeLife(this, machine);
    this.lives.set(machine, life);
    const { fate } = machine;
    if (fate === 'called') return life.enrol(this.#endpoints.add(machine));
    await life.enrol();
    if (fate === 'pair') return this.#beginPair(machine, life);
    if (fate === 'forger') return wantVerdict(await life.attest('for another'), 'reject');
    wantVerdict(
      await life.attest(),
      fate === 'open' || fate === 'overridden' ? 'indeterminate' : 'accept',
    );
  }

  /** One machine under two keys, shown at once: whoever comes first has it. */
  async #beginPair(machine: Machine, life: NodeLife): Promise<void> {
    const twin = new NodeLife(this, machine, `${machine.name}-twin`, freshKeys());
    this.twins.set(machine, twin);
    await twin.enrol();
    const outcomes = await Promise.all([life.attest(), twin.attest()]);
    // A decision whose answer got lost has let it in as well.
    const lost = outcomes.filter(({ verdict }) => verdict === 'reject');
    if (lost.length !== 1) throw new Error(`${machine.name}: ${lost.length} of a pair refused`);
    for (const one of lost) {
      const code = one.verdict === 'accept' ? undefined : one.problem.code;
      if (code !== 'fleet.hardware.taken') throw new Error(`${machine.name}: refused for ${code}`);
    }
  }

  /** What becomes of each after that. */
  async goOn(machine: Machine): Promise<void> {
    const life = this.lifeOf(machine);
    switch (machine.fate) {
      case 'called':
        await until(`${life.name} to be admitted`, async () => (await life.found()).admittedNow);
        return wantVerdict(await life.call(), 'accept');
      case 'quarantined':
        await life.act('quarantine');
        return wantClosed(life);
      case 'released':
        await life.act('quarantine');
        await wantClosed(life);
        await life.act('release');
        return wantVerdict(await life.attest(), 'accept');
      case 'removed':
        return this.#enrolAgain(machine, life);
      case 'open':
        return wantVerdict(await life.attest(), 'indeterminate');
      case 'overridden': {
        wantVerdict(await life.attest(), 'indeterminate');
        await life.act('override');
        return;
      }
      case 'forger':
        return wantVerdict(await life.attest('for another'), 'reject');
      case 'pair':
        return;
      default:
        return wantVerdict(await life.attest(), 'accept');
    }
  }

  async #enrolAgain(machine: Machine, before: NodeLife): Promise<void> {
    await before.remove();
    const life = new NodeLife(this, machine, machine.name, freshKeys());
    this.lives.set(machine, life);
    await life.enrol();
    wantVerdict(await life.attest(), 'accept');
  }

  lifeOf(machine: Machine): NodeLife {
    const life = this.lives.get(machine);
    if (life === undefined) throw new Error(`${machine.name} never began`);
    return life;
  }

  /**
   * So many at once, in the order given.
   *
   * @param onDone is told how many are.
   */
  async all(
    machines: readonly Machine[],
    act: (machine: Machine) => Promise<void>,
    onDone: (count: number) => void = () => {},
  ): Promise<void> {
    const queue = [...machines];
    let done = 0;
    const turns = Array.from({ length: AT_ONCE }, async () => {
      for (let machine = queue.shift(); machine !== undefined; machine = queue.shift()) {
        await act(machine).catch((cause: unknown) => {
          // Nobody goes on after the first failure.
          queue.length = 0;
          throw new Error(`${machine?.name}: ${String(cause)}`, { cause });
        });
        onDone(++done);
      }
    });
    await Promise.all(turns);
  }
}

/** Where a machine stands when all is over; of a pair, one does. */
export const ENDS: Readonly<Record<Fate, NodeState>> = {
  steady: 'admitted',
  called: 'admitted',
  quarantined: 'quarantined',
  released: 'admitted',
  revoked: 'revoked',
  removed: 'admitted',
  forger: 'enrolled',
  pair: 'admitted',
  open: 'enrolled',
  overridden: 'admitted',
};

/** Machines of a fate, as many as there are. */
export function withFate(
  machines: readonly Machine[],
  ...fates: readonly Fate[]
): readonly Machine[] {
  return machines.filter(({ fate }) => fates.includes(fate));
}

export function shuffledHalf(machines: readonly Machine[], random: Random): readonly Machine[] {
  return random.shuffled(machines).slice(0, Math.ceil(machines.length / 2));
}

function wantVerdict(outcome: AttestationOutcome, want: AttestationOutcome['verdict']): void {
  if (outcome.verdict === want) return;
  const told = outcome.verdict === 'accept' ? outcome.answer : outcome.problem;
  throw new Error(`want ${want}, got ${outcome.verdict}: ${JSON.stringify(told).slice(0, 2000)}`);
}

/** Whoever was put out stands there as such, and gets no challenge. */
async function wantClosed(life: NodeLife): Promise<void> {
  wantPutOut(await life.found(), 'quarantine');
  const outcome = await life.attest().then(
    ({ verdict }) => verdict,
    (error: unknown) => codeOf(error),
  );
  if (outcome !== 'conflict') throw new Error(`${life.name} was put out, and got ${outcome}`);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + DEADLINE;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`waited too long for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
