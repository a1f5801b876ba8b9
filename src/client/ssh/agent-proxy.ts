import { connect, createServer, type Socket } from 'node:net';
import { writeU32be } from '../../core/bytes/big-endian.ts';
import { malformed } from '../../core/fault.ts';
import {
  AGENT,
  AgentFrames,
  agentFrame,
  framed,
  LARGEST_AGENT_MESSAGE,
} from '../../core/ssh/agent-messages.ts';
import { isSignedSession, parseSessionBind, type SessionBind } from './session-bind.ts';

export interface AgentProxyOptions {
  /** Where it listens: a path in a folder that only its owner may enter. */
  readonly socket: string;
  /** The agent behind it; undefined where the user has none. */
  readonly upstream: string | undefined;
  /**
   * Told of the one session that ssh shows, before the user is authenticated; nothing of ssh's is
   * answered until this has resolved, and where it rejects, nothing ever is: ssh waits to be ended.
   */
  readonly onSession: (bind: SessionBind) => Promise<void>;
}

export interface AgentProxy {
  /** Settles with the session: as `onSession` did, or by what was shown in its place. */
  readonly proven: Promise<void>;
  /** Whether ssh has said anything to it yet. */
  readonly isShown: () => boolean;
  readonly close: () => Promise<void>;
}

/**
 * Stands between ssh and the user's agent. It holds no key: the first message has to say which
 * session ssh has begun, signed by the server; all else passes through, both ways.
 */
export async function startAgentProxy(options: AgentProxyOptions): Promise<AgentProxy> {
  const sockets = new Set<Socket>();
  const proven = Promise.withResolvers<void>();
  proven.promise.catch(() => undefined);
  let isBegun = false;
  const gate = async (message: Uint8Array): Promise<void> => {
    if (!isBegun) {
      isBegun = true;
      proven.resolve(begin(message, options.onSession));
    }
    // An ssh whose agent goes away goes on without one: who is refused waits until all is closed.
    await proven.promise.catch(() => new Promise<never>(() => undefined));
  };
  const track = (socket: Socket): Socket => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // Whatever breaks a connection closes it, and whoever holds the other end sees that.
    socket.on('error', () => socket.destroy());
    return socket;
  };
  const server = createServer((client) => {
    pass(track(client), options.upstream, gate, track).catch(() => client.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.socket, resolve);
  });
  return {
    proven: proven.promise,
    isShown: () => isBegun,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

async function begin(
  message: Uint8Array,
  onSession: AgentProxyOptions['onSession'],
): Promise<void> {
  const bind = parseSessionBind(message);
  if (bind === undefined) throw malformed('session-bind', 'ssh did not say which session it is in');
  if (bind.isForwarding)
    throw malformed('session-bind', 'want ssh’s own session, got one behind it');
  if (!isSignedSession(bind))
    throw malformed('session-bind', 'the host key did not sign the session');
  await onSession(bind);
}

/** One connection of ssh's, to its end. */
async function pass(
  client: Socket,
  upstream: string | undefined,
  gate: (message: Uint8Array) => Promise<void>,
  track: (socket: Socket) => Socket,
): Promise<void> {
  const frames = new AgentFrames(LARGEST_AGENT_MESSAGE, 'agent');
  let agent: Socket | undefined;
  let isOpen = false;
  for await (const bytes of client as AsyncIterable<Uint8Array>) {
    for (const message of frames.push(bytes)) {
      await gate(message);
      if (!isOpen) {
        isOpen = true;
        agent = upstream === undefined ? undefined : await reached(upstream, track);
        agent?.pipe(client);
      }
      (agent ?? client).write(agent ? framed(message) : answerOfNone(message));
    }
  }
  agent?.end();
  client.end();
}

/** @returns undefined where nobody listens there: an agent that is gone is none. */
function reached(path: string, track: (socket: Socket) => Socket): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = track(connect(path));
    socket.once('connect', () => resolve(socket));
    socket.once('close', () => resolve(undefined));
  });
}

/** Of an agent that holds no key. */
function answerOfNone(message: Uint8Array): Uint8Array {
  if (message[0] === AGENT.requestIdentities) {
    return agentFrame(AGENT.identitiesAnswer, writeU32be(0));
  }
  return agentFrame(message[0] === AGENT.extension ? AGENT.success : AGENT.failure);
}
