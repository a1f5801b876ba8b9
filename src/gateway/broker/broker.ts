import type { IncomingMessage } from 'node:http';
import { Fault } from '../../core/fault.ts';
import type { AttestCall } from '../../protocol/attest-call.ts';
import { SEALED_RESPONSE_TYPE } from '../../protocol/media-types.ts';
import type { Candidates } from '../../protocol/session/candidates.ts';
import type { Epoch } from '../../protocol/session/epoch.ts';
import type { UsageFate } from '../../protocol/session/usage.ts';
import type { Principal } from '../identity/credential.ts';
import { accountName } from './account.ts';
import { agentProblem, mediaType } from './agent-problem.ts';
import { Billing } from './billing.ts';
import type { BrokerDeps, BrokerPool, ServingNode, SessionEnd } from './deps.ts';
import { Epochs } from './epochs.ts';
import { Health } from './health.ts';
import { Proposals } from './proposals.ts';
import { type Counted, Quotas } from './quotas.ts';
import { BrokerRefusal } from './refusal.ts';
import { Roster } from './roster.ts';
import type {
  BrokerService,
  CandidatesAsked,
  Opened,
  RelayAsked,
  Relayed,
  ResumeAsked,
  SessionName,
} from './service.ts';
import { Session } from './session.ts';
import { takeHead } from './take-head.ts';
import { TapeBudget } from './tape.ts';
import { Upstream } from './upstream.ts';

/** How often sessions are looked at that are too late or whose node is out, in milliseconds. */
const LOOK = 250;
/** Others that are named where a node can't be had. */
const HINTS = 3;

/** Pools by model, and the blind relay to their nodes. It sees ciphertext, and has no key for it. */
export class Broker implements BrokerService {
  readonly #deps: BrokerDeps;
  readonly #roster: Roster;
  readonly #pools: ReadonlyMap<string, BrokerPool>;
  readonly #health = new Health();
  readonly #quotas: Quotas;
  readonly #billing: Billing;
  readonly #proposals: Proposals;
  readonly #epochs: Epochs;
  readonly #upstream: Upstream;
  readonly #budget: TapeBudget;
  readonly #sessions: Map<string, Session>;
  readonly #timer: NodeJS.Timeout;

  static async open(deps: BrokerDeps): Promise<Broker> {
    const sessions = new Map<string, Session>();
    const roster = await Roster.open(deps, (node) => {
      for (const session of sessions.values()) {
        if (session.start.node.id === node) session.cut('node-out');
      }
    });
    return new Broker(deps, roster, sessions);
  }

  private constructor(deps: BrokerDeps, roster: Roster, sessions: Map<string, Session>) {
    this.#deps = deps;
    this.#roster = roster;
    this.#sessions = sessions;
    this.#pools = new Map(deps.pools.map((pool) => [pool.name, pool]));
    this.#quotas = new Quotas(deps);
    this.#billing = new Billing(deps, (account, tokens) => this.#quotas.spend(account, tokens));
    this.#proposals = new Proposals(deps, roster, this.#health);
    this.#upstream = new Upstream(deps.endpoints);
    this.#epochs = new Epochs(deps, this.#upstream);
    this.#budget = new TapeBudget(deps.limits.resume.all);
    this.#timer = setInterval(() => this.#look(), LOOK).unref();
  }

  /** What is still open is cut; what was signed by then is kept. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    for (const session of [...this.#sessions.values()]) session.cut('closing');
    await this.#billing.settled();
    await this.#roster.close();
    this.#upstream.close();
  }

  models() {
    return this.#deps.pools.flatMap(({ name: pool, models }) =>
      models.map((model) => ({ model, pool })),
    );
  }

  candidates(asked: CandidatesAsked): Promise<Candidates> {
    return this.#proposals.candidates(asked);
  }

  async evidence(id: string, call: AttestCall, by: Principal): Promise<Uint8Array> {
    const node = this.#serving(id);
    await this.#counted(async () => this.#quotas.wantEvidence(this.#countedOf(by), id));
    const bundle = await this.#deps.callEvidence(node.endpoint, call);
    return this.#deps.endorse(bundle);
  }

  async epoch(id: string): Promise<Epoch> {
    return this.#epochs.of(this.#serving(id));
  }

  async open(asked: RelayAsked): Promise<Opened> {
    const { pool, by, request, response, model, resumable } = asked;
    const node = this.#relayable(pool, asked.node);
    const counted = this.#countedOf(by);
    const { account } = counted;
    const leave = await this.#counted(() => this.#quotas.enter(counted));
    let session: Session | undefined;
    try {
      const head = await takeHead(request);
      if (this.#sessions.has(head.session)) {
        throw new Fault('conflict', 'body', 'this very request was relayed already');
      }
      const noted = this.#billing.note({ session: head.session, node, account });
      const start = { ...head, node, account, resumable, request, response };
      session = new Session(
        { ...start, ...(model !== undefined && { model }) },
        {
          upstream: this.#upstream,
          budget: this.#budget,
          limits: this.#deps.limits,
          now: this.#deps.now,
          onBegan: (ms) => this.#began(node, ms),
          onEnd: (ended, end, statement) => {
            leave();
            this.#ended(ended, end, statement, noted);
          },
          onGone: ({ start: { session: gone } }) => {
            this.#sessions.delete(gone);
            this.#told();
          },
        },
      );
    } catch (error) {
      leave();
      throw error;
    }
    this.#sessions.set(session.start.session, session);
    asked.onBounded();
    this.#health.opened(node.id);
    this.#told();
    return this.#answer(session);
  }

  resume({ chunk, by, ...name }: ResumeAsked): Relayed {
    const session = this.#named(name, by);
    if (!session.keeps(chunk)) throw notKept();
    return { session: name.session, to: (response) => session.attach(response, chunk) };
  }

  abort(name: SessionName, by: Principal): void {
    this.#named(name, by).cut('client-gone');
  }

  handIn(node: string, statements: readonly string[]): Promise<readonly UsageFate[]> {
    return this.#billing.handIn(node, statements, (id) => {
      const open = this.#sessions.get(id)?.start;
      return open?.node.id === node ? open.account : undefined;
    });
  }

  usage(by: Principal, after: number, count: number) {
    const isClient = by.kind === 'credential' && by.role === 'client';
    return this.#deps.store.usage(after, count, isClient ? this.#accountOf(by) : undefined);
  }

  async #answer(session: Session): Promise<Opened> {
    let answer: IncomingMessage;
    try {
      answer = await session.ask();
    } catch {
      throw this.#unanswered(session);
    }
    if (answer.statusCode === 200 && mediaType(answer) === SEALED_RESPONSE_TYPE) {
      session.relay(answer);
      const { session: id } = session.start;
      return { is: 'answer', session: id, to: (response) => session.attach(response) };
    }
    const problem = await agentProblem(answer);
    if (problem !== undefined) {
      session.cut('refused');
      return { is: 'problem', ...problem };
    }
    const after = Number(answer.headers['retry-after']);
    session.cut('node-broke');
    throw this.#unavailable(session.start.node, after > 0 ? after * 1000 : undefined);
  }

  /** Why a request came to nothing before there was an answer. */
  #unanswered(session: Session): Error {
    const { start, end } = session;
    if (end === 'too-large') {
      return new Fault('usage', 'body', `is longer than ${this.#deps.limits.request} bytes`);
    }
    return this.#unavailable(start.node);
  }

  /** @throws Fault `missing`; BrokerRefusal for one of the pool that nothing may be let to. */
  #relayable(pool: string, id: string): ServingNode {
    if (!this.#pools.has(pool)) throw new Fault('missing', 'path.pool', 'there is no such pool');
    const node = this.#roster.node(id);
    if (node?.pool === pool) return node;
    throw this.#unavailable({ id, pool });
  }

  /** One of any pool that is relayed to. */
  #serving(id: string): ServingNode {
    const node = this.#roster.node(id);
    if (node !== undefined && this.#pools.has(node.pool)) return node;
    throw new Fault('missing', 'path.node', 'no such node serves now');
  }

  #unavailable({ id, pool }: Pick<ServingNode, 'id' | 'pool'>, retryAfter?: number) {
    const others = this.#roster.ofPool(pool).filter((node) => node.id !== id);
    this.#deps.observe.refused('unavailable');
    return new BrokerRefusal('unavailable', {
      detail: 'the node can’t be had now; others may',
      retryAfter: retryAfter ?? this.#deps.limits.retryAfter,
      candidates: this.#proposals.draw(others, HINTS).map((node) => node.id),
    });
  }

  /** Whose it is not gets to know nothing: not even that it is there. */
  #named({ pool, node, session: id }: SessionName, by: Principal): Session {
    const session = this.#sessions.get(id);
    const start = session?.start;
    if (
      session === undefined ||
      start?.account !== this.#accountOf(by) ||
      start.node.id !== node ||
      start.node.pool !== pool
    ) {
      throw notKept();
    }
    return session;
  }

  #accountOf(by: Principal): string {
    return accountName(this.#deps.accountKey, by.kind === 'anyone' ? '' : by.id);
  }

  #countedOf(by: Principal): Counted {
    const own = by.kind === 'credential' ? by.quotas : undefined;
    return { account: this.#accountOf(by), own };
  }

  #began(node: ServingNode, ms: number): void {
    this.#health.began(node.id, ms);
    this.#deps.observe.began(ms / 1000);
  }

  #ended(
    session: Session,
    end: SessionEnd,
    statement: string | undefined,
    noted: Promise<void>,
  ): void {
    const { now, observe } = this.#deps;
    const { start, up, down, beganAt } = session;
    this.#health.closed(start.node.id);
    const isNodes = !session.wasStale && !session.wasTheClients;
    if (isNodes && (end === 'node-broke' || end === 'idle'))
      this.#health.failed(start.node.id, now());
    if (end === 'node-out') this.#health.forget(start.node.id);
    observe.ended({ node: start.node.id, end, seconds: (now() - beganAt) / 1000, up, down });
    this.#billing.ended(start, end, statement, noted);
  }

  #look(): void {
    const now = this.#deps.now();
    for (const session of [...this.#sessions.values()]) {
      if (!this.#roster.stillServes(session.start.node)) session.cut('node-out');
      else session.look(now);
    }
  }

  #told(): void {
    this.#deps.observe.sessions(this.#sessions.size, this.#budget.used);
  }

  async #counted<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      if (error instanceof BrokerRefusal) this.#deps.observe.refused(error.code);
      throw error;
    }
  }
}

function notKept(): Fault {
  return new Fault('missing', 'path.session', 'nothing is kept of it from there on');
}
