import { connect } from 'node:net';
import { u32be, writeU32be } from '../../core/bytes/big-endian.ts';
import { lengthPrefixed } from '../../core/bytes/length-prefixed.ts';
import { ByteReader } from '../../core/bytes/reader.ts';
import { Fault, malformed } from '../../core/fault.ts';
import {
  AGENT,
  AgentFrames,
  agentFrame,
  LARGEST_AGENT_MESSAGE,
} from '../../core/ssh/agent-messages.ts';

const MOST_KEYS = 1024;
/** Somebody may have to touch a token. */
const DEADLINE_MS = 20_000;

/** @returns the wire form of each key that the agent has. @throws Fault `unreachable` at the socket. */
export async function agentKeys(socket: string): Promise<readonly Uint8Array[]> {
  const answer = await ask(socket, agentFrame(AGENT.requestIdentities), AGENT.identitiesAnswer);
  return read(socket, answer, (r) => {
    const count = u32be(r, 'count');
    if (count > MOST_KEYS) throw malformed(socket, `says that it has ${count} keys`);
    return Array.from({ length: count }, () => {
      const key = string(r, 'key');
      string(r, 'comment');
      return key;
    });
  });
}

/** @returns the signature on the wire. @throws Fault `unreachable` at the socket. */
export async function agentSignature(
  socket: string,
  key: Uint8Array,
  message: Uint8Array,
): Promise<Uint8Array> {
  const flags = writeU32be(0);
  const request = agentFrame(AGENT.signRequest, lengthPrefixed(key, message), flags);
  const answer = await ask(socket, request, AGENT.signResponse);
  return read(socket, answer, (r) => string(r, 'signature'));
}

async function ask(socket: string, request: Uint8Array, wanted: number): Promise<Uint8Array> {
  const answer = await exchange(socket, request);
  const [type] = answer;
  if (type === wanted) return answer.subarray(1);
  const why = type === AGENT.failure ? 'refuses' : `answers with a message of type ${type}`;
  throw new Fault('unreachable', socket, `the ssh-agent ${why}`);
}

/** One message there and one back. */
function exchange(socket: string, message: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const connection = connect(socket);
    const frames = new AgentFrames(LARGEST_AGENT_MESSAGE, socket);
    const fail = (why: string, cause?: unknown) => {
      connection.destroy();
      reject(new Fault('unreachable', socket, `the ssh-agent ${why}`, { cause }));
    };
    connection.setTimeout(DEADLINE_MS, () => fail(`did not answer in ${DEADLINE_MS / 1000} s`));
    connection.on('error', (error: NodeJS.ErrnoException) =>
      fail(`can’t be reached (${error.code ?? error.message})`, error),
    );
    connection.on('close', () => fail('hung up'));
    connection.on('data', (part) => {
      let answers: readonly Uint8Array[];
      try {
        answers = frames.push(part);
      } catch (error) {
        return fail(error instanceof Fault ? `answers: ${error.detail}` : String(error));
      }
      const [answer, ...more] = answers;
      if (answer === undefined) return;
      if (more.length > 0 || frames.isWithin) return fail('says more than was asked for');
      resolve(answer);
      connection.destroy();
    });
    // Half closed, an ssh-agent takes it for the end and answers nothing.
    connection.write(message);
  });
}

function read<T>(socket: string, answer: Uint8Array, parse: (r: ByteReader) => T): T {
  try {
    const r = new ByteReader(answer, socket);
    const parsed = parse(r);
    r.end();
    return parsed;
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'malformed') throw error;
    throw new Fault('unreachable', socket, `the ssh-agent’s answer: ${error.detail}`);
  }
}

function string(r: ByteReader, field: string): Uint8Array {
  return r.bytes(u32be(r, field), field);
}
