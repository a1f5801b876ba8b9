import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import { sha256 } from '#crypto';
import { writeU32be } from '../../../src/core/bytes/big-endian.ts';
import { toHex } from '../../../src/core/bytes/hex.ts';
import { lengthPrefixed } from '../../../src/core/bytes/length-prefixed.ts';
import { utf8 } from '../../../src/core/bytes/text.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import {
  AgentFrames,
  agentFrame,
  LARGEST_AGENT_MESSAGE,
} from '../../../src/core/ssh/agent-messages.ts';
import {
  parseSshKeyBlob,
  type SshPublicKey,
  sshEd25519Blob,
} from '../../../src/core/ssh/public-key.ts';
import { readSshStrings } from '../../../src/core/ssh/strings.ts';
import type { ServingKey } from '../client/machine.ts';

/** An Ed25519 host key, in memory. */
export interface HostKey {
  readonly key: SshPublicKey;
  readonly serving: ServingKey;
  readonly sign: (message: Uint8Array) => Uint8Array;
}

export function hostKey(): HostKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  const blob = sshEd25519Blob(new Uint8Array(spki.subarray(-32)));
  const signs = (message: Uint8Array) => new Uint8Array(sign(null, message, privateKey));
  return {
    key: parseSshKeyBlob(blob, 'key'),
    serving: {
      use: 'ssh-host',
      listed: { use: 'ssh-host', alg: 'ssh-ed25519', blob_sha256: toHex(sha256(blob)) },
      key: blob,
      sign: signs,
    },
    sign: signs,
  };
}

export interface HostKeyAgent {
  readonly close: () => Promise<void>;
}

/**
 * What an enclave's agent is for sshd: it signs with the host key, which stands in no file.
 *
 * @param onSigned is told what it signed.
 */
export async function hostKeyAgent(
  path: string,
  { key, sign: signs }: HostKey,
  onSigned: (data: Uint8Array) => void = () => undefined,
): Promise<HostKeyAgent> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const frames = new AgentFrames(LARGEST_AGENT_MESSAGE, 'agent');
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes) => {
      for (const message of frames.push(bytes)) {
        if (message[0] === 11) {
          const list = concatBytes(writeU32be(1), lengthPrefixed(key.blob, utf8('')));
          socket.write(agentFrame(12, list));
        } else if (message[0] === 13) {
          const [, data = new Uint8Array()] = readSshStrings(message.subarray(1, -4), 2, 'sign');
          onSigned(data);
          const signature = lengthPrefixed(utf8('ssh-ed25519'), signs(data));
          socket.write(agentFrame(14, lengthPrefixed(signature)));
        } else socket.write(agentFrame(5));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
