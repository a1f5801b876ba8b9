import { setTimeout as sleep } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import type { Agent } from 'undici';
import { PosternError } from '../errors.ts';
import { admissionEnd } from '../machine-watch.ts';
import { limitOf, type OpenMachines, openMachines } from '../open-machines.ts';
import type { MachinesOptions } from '../options.ts';
import type { NodeView, VerificationView } from '../view.ts';
import { attestedAgent, type DispatcherOptions } from './dispatcher.ts';
import { openPeer, type PeerOptions, readAddress, type TlsAddress, textOf } from './peer.ts';
import { Pins, type PoolTarget, servesWith } from './pinned.ts';
import { type Connection, proveSession } from './session-proof.ts';

export interface AttestedTlsOptions extends MachinesOptions, PoolTarget {
  /** Milliseconds between two looks at whether a machine is still let in; 30 seconds by default. */
  readonly watchEvery?: number;
  /** Whether each connection has to be shown to end in the machine, by evidence of its own. */
  readonly proveSession?: boolean;
}

export interface ConnectOptions extends PeerOptions {
  /** Where the machine is reached; where its operator says, by default. */
  readonly host?: string;
  readonly port?: number;
}

export interface OpenedConnection {
  readonly socket: TLSSocket;
  readonly machine: NodeView;
  /** DER of the certificate that was shown: nobody vouches for more of it than its key. */
  readonly certificate: Uint8Array;
}

/** TLS connections to verified machines, and to nobody else. */
export interface AttestedTls {
  /**
   * A connection that is pinned to a key which a verified machine has shown. It is destroyed, with a
   * PosternError, when the machine's admission ends.
   *
   * @throws PosternError; nothing of the caller's was sent then. The signal's reason.
   */
  readonly connect: (options?: ConnectOptions) => Promise<TLSSocket>;
  /** The same, with what was found of the machine that it ends in. */
  readonly open: (options?: ConnectOptions) => Promise<OpenedConnection>;
  /**
   * For `fetch(url, { dispatcher })`: every connection is one of {@link connect}, to the host and port
   * of the URL. A refused one is the `cause` of fetch's error.
   */
  readonly dispatcher: (options?: DispatcherOptions) => Agent;
  /**
   * Has the machine show, by evidence of now about this very connection, that it ends in it. Where it
   * does not, the connection is destroyed.
   *
   * @param socket of {@link connect}.
   * @throws PosternError `session.unproven`.
   */
  readonly proveSession: (socket: TLSSocket) => Promise<void>;
  /** Verifies a machine now, so that the first connection need not wait. @throws PosternError */
  readonly verify: () => Promise<NodeView>;
  /** What was verified so far; asks nobody anything. */
  readonly verification: () => VerificationView;
}

const WATCH_EVERY = 30_000;
/** Where a host is named, and no port. */
const USUAL_PORT = 443;

/** @throws PosternError for options that would leave something unverified. */
export async function openAttestedTls(options: AttestedTlsOptions): Promise<AttestedTls> {
  const tls = new VerifiedTls(await openMachines(options), options);
  return {
    connect: (where) => tls.connect(where),
    open: (where) => tls.open(where),
    dispatcher: (more) => tls.dispatcher(more),
    proveSession: (socket) => tls.proveSession(socket),
    verify: () => tls.verify(),
    verification: () => tls.verification(),
  };
}

class VerifiedTls implements AttestedTls {
  readonly #opened: OpenMachines;
  readonly #pins: Pins;
  readonly #watchEvery: number;
  readonly #provesAll: boolean;
  readonly #connections = new WeakMap<TLSSocket, Connection>();

  constructor(opened: OpenMachines, options: AttestedTlsOptions) {
    const { pool, node, proveSession: provesAll = false } = options;
    this.#opened = opened;
    const target = { pool, ...(node !== undefined && { node }) };
    this.#pins = new Pins(opened.machines, target, opened.deps.now);
    this.#watchEvery = limitOf('connect', options, 'watchEvery', WATCH_EVERY);
    this.#provesAll = provesAll;
  }

  async verify(): Promise<NodeView> {
    return (await this.#pins.pick(await this.#opened.credential())).view;
  }

  verification(): VerificationView {
    return this.#opened.view();
  }

  async connect(options?: ConnectOptions): Promise<TLSSocket> {
    return (await this.open(options)).socket;
  }

  async open({ host, port, ...peerOptions }: ConnectOptions = {}): Promise<OpenedConnection> {
    const credential = await this.#opened.credential();
    const first = await this.#pins.pick(credential);
    const address =
      host === undefined
        ? readAddress(first.services.tls ?? '')
        : { host, port: port ?? USUAL_PORT };
    if (address === undefined) {
      throw new PosternError('connect.usage', `nobody says where ${first.name} serves TLS: host?`, {
        node: first.node,
      });
    }
    const { socket, spki, certificate } = await openPeer(address, peerOptions);
    // Whoever gets it listens; before, what happens to it is told by what is thrown.
    const ignore = () => undefined;
    socket.on('error', ignore);
    try {
      const machine = await this.#pins.machineOf(spki, first, textOf(address), credential);
      const connection = { socket, machine, spki };
      this.#connections.set(socket, connection);
      if (this.#provesAll) await this.proveSession(socket);
      if (socket.destroyed) throw closedEarly(address, socket.errored);
      void this.#watch(connection);
      socket.off('error', ignore);
      return { socket, machine: machine.view, certificate };
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  async proveSession(socket: TLSSocket): Promise<void> {
    const connection = this.#connections.get(socket);
    if (connection === undefined) {
      throw new PosternError('session.usage', 'a connection that was not made here');
    }
    const { deps, machines, credential } = this.#opened;
    try {
      await proveSession({ deps, machines }, connection, await credential());
    } catch (error) {
      socket.destroy(error instanceof Error ? error : undefined);
      throw error;
    }
  }

  dispatcher(options: DispatcherOptions = {}): Agent {
    return attestedAgent((where) => this.connect(where), options);
  }

  async #watch({ socket, machine, spki }: Connection): Promise<void> {
    const { machines, credential, deps } = this.#opened;
    const over = new AbortController();
    socket.once('close', () => over.abort());
    const watch = { machines, credential, now: deps.now, pause, every: this.#watchEvery };
    const fits = (again: Connection['machine']) => servesWith(again, spki);
    try {
      const end = await admissionEnd(machine, fits, watch, over.signal);
      if (end) socket.destroy(end);
    } catch (error) {
      // Of a machine that nobody looks after any more nothing is known.
      socket.destroy(error instanceof Error ? error : undefined);
    }
  }
}

function closedEarly(address: TlsAddress, cause: Error | null): PosternError {
  const why = cause === null ? 'it hung up' : cause.message;
  return new PosternError('connect.unreachable', `${textOf(address)}: ${why}`, {
    ...(cause && { cause }),
  });
}

/** Holds no process up; over when the signal says so. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal, ref: false }).catch(() => undefined);
}
