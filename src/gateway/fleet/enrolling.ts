import { createHash } from 'node:crypto';
import { fromHex, toHex } from '../../core/bytes/hex.ts';
import { Fault } from '../../core/fault.ts';
import { isPrivateHost } from '../../endorsements/private-host.ts';
import { enrolmentTranscript } from '../../protocol/enrolment-transcript.ts';
import type { Principal } from '../identity/credential.ts';
import type { ChallengeTerms } from './challenge.ts';
import type { ChallengeDesk } from './challenge-desk.ts';
import type { FleetDeps } from './deps.ts';
import type { FleetNode, Inventory, NodeKey } from './node.ts';
import type { Pools } from './pools.ts';
import type { Enrolment, IssuedChallenge } from './service.ts';
import { eventOf } from './step.ts';

const NODE_NAME = /^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/;
/** Of one board, many times over. */
const MOST_DEVICES = 64;
const LONGEST_URL = 2048;
/** Of a pool: machines that nobody has seen evidence of cost nobody anything to list. */
const MOST_UNPROVEN = 4096;

/** Puts machines on the list; nothing is let to them before their evidence was accepted. */
export class Enrolling {
  readonly #deps: FleetDeps;
  readonly #desk: ChallengeDesk;
  readonly #pools: Pools;

  constructor(deps: FleetDeps, desk: ChallengeDesk, pools: Pools) {
    this.#deps = deps;
    this.#desk = desk;
    this.#pools = pools;
  }

  async challenge(key: NodeKey): Promise<IssuedChallenge> {
    checkKey(key);
    return this.#desk.issue(this.#terms(key));
  }

  /** @throws Fault `usage`, `malformed` or `conflict` at the member that is in the way. */
  async enrol(enrolment: Enrolment, by: Principal): Promise<FleetNode> {
    const { name, key, pool, endpoint, services, inventory, nonce, signature } = enrolment;
    const { store, now, randomBytes, verifySignature, gateway, times } = this.#deps;
    if (!NODE_NAME.test(name)) {
      throw new Fault(
        'usage',
        'name',
        'want 1 to 63 of a to z, 0 to 9, - and ., with a letter or digit at both ends',
      );
    }
    checkKey(key);
    checkInventory(inventory);
    if (!this.#pools.has(pool)) throw new Fault('usage', 'pool', 'there is no such pool');
    if (by.kind === 'credential' && by.pool !== undefined && by.pool !== pool) {
      throw new Fault('usage', 'pool', `this key enrols into ${by.pool} only`);
    }
    if (endpoint !== undefined) checkEndpoint(endpoint, this.#deps.endpoints);
    const madeAt = await this.#desk.check(nonce, this.#terms(key));
    const message = enrolmentTranscript({ origin: gateway, nonce, enrolled: enrolment });
    if (!verifySignature(key, message, signature)) {
      throw new Fault(
        'usage',
        'signature',
        `is not the node’s key’s over this enrolment at ${gateway} and its challenge`,
      );
    }
    await this.#wantRoom(pool, by);
    const at = now();
    const node: FleetNode = {
      id: toHex(randomBytes(16)),
      name,
      key,
      pool,
      ...(endpoint !== undefined && { endpoint }),
      ...(services && { services }),
      declared: inventory,
      enrolledAt: at,
      version: 1,
      standing: { state: 'enrolled', since: at },
      hardware: [],
      failures: 0,
      ...(endpoint !== undefined && { dueAt: at }),
    };
    const digest = createHash('sha256').update(nonce).digest('hex');
    await store.apply({
      node: { expected: 'new', next: node },
      spend: { digest, until: madeAt + times.challengeTtl + 2 * times.clockSkew },
      events: [
        eventOf('node.enrolled', node, at, { algorithm: key.algorithm, key: key.publicKey }),
      ],
    });
    return node;
  }

  /** Who brings machines in brings no more than show what they are: an admin may. */
  async #wantRoom(pool: string, by: Principal): Promise<void> {
    if (by.kind === 'credential' && by.role === 'admin') return;
    const { enrolled } = await this.#deps.store.countNodes(pool);
    if (enrolled < MOST_UNPROVEN) return;
    const detail = `has ${enrolled} machines that were never admitted: let them show evidence, or remove them`;
    throw new Fault('conflict', 'pool', detail);
  }

  /** Before it has an id, a node is its key. */
  #terms({ algorithm, publicKey }: NodeKey): ChallengeTerms {
    const { gateway } = this.#deps;
    return { gateway, purpose: `enrolment:${gateway}`, node: `${algorithm}:${publicKey}` };
  }
}

function checkKey({ publicKey }: NodeKey): void {
  if (!/^[0-9a-f]{64}$/.test(publicKey)) {
    throw new Fault('usage', 'key.publicKey', 'want 32 bytes in lower-case hex');
  }
  if (/^0*$/.test(toHex(fromHex(publicKey, 'key.publicKey')))) {
    throw new Fault('usage', 'key.publicKey', 'is no key');
  }
}

function checkInventory({ gpus, switches }: Inventory): void {
  for (const [name, count] of Object.entries({ gpus, switches })) {
    if (Number.isInteger(count) && count >= 0 && count <= MOST_DEVICES) continue;
    throw new Fault('usage', `inventory.${name}`, `want a whole number up to ${MOST_DEVICES}`);
  }
}

/** Where a name leads is the caller's to look at when it calls: it may lead elsewhere by then. */
function checkEndpoint(endpoint: string, allowed: FleetDeps['endpoints']): void {
  const url = URL.parse(endpoint);
  const isPlain = url?.username === '' && url.password === '' && url.hash === '';
  const isShort = endpoint.length <= LONGEST_URL;
  if (isPlain && isShort) {
    const isPrivate = isPrivateHost(url.hostname);
    if (url.protocol === 'https:' && (!isPrivate || allowed === 'private-too')) return;
    if (url.protocol === 'http:' && isPrivate && allowed === 'private-too') return;
  }
  const detail = `want an https URL of a public host, without credentials and fragment, of at most ${LONGEST_URL} characters`;
  throw new Fault('usage', 'endpoint', detail);
}
