import { chmod } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { equalBytes } from '../../core/bytes/equal.ts';
import { Fault } from '../../core/fault.ts';
import { AgentFrames } from '../../core/ssh/agent-messages.ts';
import type { SshHostKey } from '../keys/ssh-host-key.ts';
import { codeOfError, type Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import { HostKeySession } from './host-key-session.ts';
import { LARGEST_REQUEST } from './messages.ts';

export interface HostKeyAgentOptions {
  /** Path of its socket, in a folder that is its own. */
  readonly socket: string;
  readonly keys: readonly SshHostKey[];
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Connections of sshd's at once, one for each of SSH. */
const MOST_CONNECTIONS = 4096;

/**
 * Signs for sshd in place of a file: `HostKeyAgent` names its socket. It knows the SSH connections
 * that are open and were begun with its keys.
 */
export class HostKeyAgent {
  readonly #options: HostKeyAgentOptions;
  readonly #server: Server;
  readonly #open = new Map<Socket, HostKeySession>();

  private constructor(options: HostKeyAgentOptions) {
    this.#options = options;
    this.#server = createServer((socket) => this.#serve(socket));
    this.#server.maxConnections = MOST_CONNECTIONS;
  }

  /** @throws Fault `unreachable` where it can't listen. */
  static async open(options: HostKeyAgentOptions): Promise<HostKeyAgent> {
    const agent = new HostKeyAgent(options);
    const { socket: path } = options;
    try {
      await new Promise<void>((resolve, reject) => {
        agent.#server.once('error', reject);
        agent.#server.listen(path, () => {
          agent.#server.off('error', reject);
          resolve();
        });
      });
      await chmod(path, 0o600);
    } catch (cause) {
      const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
      throw new Fault('unreachable', path, `can’t be listened on (${reason})`, { cause });
    }
    return agent;
  }

  /** Whether this is the identifier of an SSH connection that is open and was begun with its keys. */
  knows(session: Uint8Array): boolean {
    for (const { identifier } of this.#open.values()) {
      if (identifier !== undefined && equalBytes(identifier, session)) return true;
    }
    return false;
  }

  /** The socket goes with it. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#open.keys()) socket.destroy();
    await closed;
  }

  #serve(socket: Socket): void {
    const { keys, log, metrics } = this.#options;
    const session = new HostKeySession(keys);
    const stream = new AgentFrames(LARGEST_REQUEST, 'request');
    this.#open.set(socket, session);
    socket.on('close', () => this.#open.delete(socket));
    socket.on('error', () => undefined);
    socket.on('drain', () => socket.resume());
    socket.on('data', (bytes: Uint8Array) => {
      try {
        for (const request of stream.push(bytes)) {
          const { bytes: answer, outcome } = session.answer(request);
          if (outcome === 'signed') metrics.count('host_key_signatures');
          if (outcome === 'refused') {
            metrics.count('host_key_refusals');
            log('warn', 'host key refused', { code: 'forbidden' });
          }
          // Who takes no answers gets no more of them.
          if (!socket.write(answer)) socket.pause();
        }
      } catch (error) {
        metrics.count('host_key_refusals');
        log('warn', 'host key refused', { code: codeOfError(error) });
        socket.destroy();
      }
    });
  }
}
