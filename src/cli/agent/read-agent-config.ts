import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import { sha256 } from '#crypto';
import type { AgentConfig, AgentSecrets } from '../../agent/config.ts';
import { API_KEY, type NodeSigner } from '../../agent/gateway/proof.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { fromUtf8, utf8 } from '../../core/bytes/text.ts';
import type { JsonValue } from '../../core/encoding/json.ts';
import { isShared } from '../audit/secret-files.ts';
import { configPlaces, type Override, readOverrides, setOption } from '../config/overrides.ts';
import {
  type ConfigKind,
  type ConfigProblem,
  configProblemLine,
  tryDocument,
} from '../config/read-document.ts';
import { type Io, usage, warn } from '../io.ts';
import { readNodeSigner } from '../nodes/proof.ts';
import { unusable } from '../unusable.ts';
import type { Args } from '../verb.ts';
import { resolveAgentConfig, type ToldSecrets } from './config.ts';
import { agentMisunderstandings } from './meaning.ts';
import { AgentConfigSchema, type WrittenAgentConfig } from './schema.ts';

/** Where `--set` and the environment may say something. */
export const AGENT_PLACES = configPlaces(AgentConfigSchema, 'POSTERN_AGENT_');

export const AGENT_SET_OPTION = setOption(
  'upstream.address=http://127.0.0.1:8000 or keys.life=30m',
);

const AGENT_CONFIG: ConfigKind = {
  schema: AgentConfigSchema,
  misunderstandings: (written) => agentMisunderstandings(asWritten(written)),
  empty: 'the file is empty: docs/agent/minimal.yaml is one to begin with',
};

/** What its schema was held against. */
function asWritten(value: JsonValue): WrittenAgentConfig {
  return value as unknown as WrittenAgentConfig;
}

/** @returns what was written and no problem, or at least one problem. */
export function tryAgentConfig(
  bytes: Uint8Array,
  overrides: readonly Override[],
): {
  readonly written: WrittenAgentConfig | undefined;
  readonly problems: readonly ConfigProblem[];
} {
  const { written, problems } = tryDocument(bytes, overrides, AGENT_CONFIG);
  return { written: written === undefined ? undefined : asWritten(written), problems };
}

/** A configuration that an agent can run by, and what it must not tell. */
export interface ReadAgentConfig {
  readonly config: AgentConfig;
  readonly secrets: AgentSecrets;
  /** Undefined where there is no gateway. */
  readonly signer: NodeSigner | undefined;
}

/**
 * @param file YAML.
 * @throws Fault `usage` for one that can't be used, with all that is wrong told before;
 *   `unreachable` for a file that is not there.
 */
export async function readAgentConfig(io: Io, args: Args, file: string): Promise<ReadAgentConfig> {
  const overrides = readOverrides(io, args, AGENT_PLACES);
  const { written, problems } = tryAgentConfig(await io.readFile(file), overrides);
  if (written === undefined) {
    const lines = problems.map((problem) => configProblemLine(file, problem));
    throw unusable(io, file, 'configuration', lines);
  }
  const dir = resolve(dirname(file));
  const { upstream, gateway } = written;
  const authorization = await secretAt(io, dir, upstream.authorization, VISIBLE);
  const enrolmentKey = await secretAt(io, dir, gateway?.enrolmentKey, API_KEY);
  const signer = gateway && (await signerOf(io, dir, gateway.nodeKey));
  const told: ToldSecrets = {
    authorizationSha256: digestOf(authorization),
    enrolmentKeySha256: digestOf(enrolmentKey),
    nodeKey: gateway?.nodeKey === undefined ? null : (signer?.publicKey ?? null),
  };
  return {
    config: resolveAgentConfig(written, told, dir),
    secrets: {
      ...(authorization !== undefined && { upstreamAuthorization: authorization }),
      ...(enrolmentKey !== undefined && { enrolmentKey }),
    },
    signer,
  };
}

const VISIBLE = /^[!-~](?:[ -~]{0,4094}[!-~])?$/;

/** @throws Fault `usage` for a file that holds no such secret; nothing of it is quoted. */
async function secretAt(
  io: Io,
  dir: string,
  name: string | undefined,
  form: RegExp,
): Promise<string | undefined> {
  if (name === undefined) return undefined;
  const path = resolve(dir, name);
  const text = fromUtf8(await io.readFile(path), path).trim();
  if (!form.test(text)) throw usage(`${path}: not the secret that it should hold, on one line`);
  if (await isShared(path)) warn(io, `${path}: others can read it: chmod 600`);
  return text;
}

function digestOf(secret: string | undefined): string | null {
  return secret === undefined ? null : toHex(sha256(utf8(secret)));
}

async function signerOf(io: Io, dir: string, name: string | undefined): Promise<NodeSigner> {
  if (name !== undefined) return readNodeSigner(io, resolve(dir, name), 'gateway.nodeKey');
  const { privateKey } = generateKeyPairSync('ed25519');
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return {
    kind: 'signature',
    publicKey: toHex(new Uint8Array(spki.subarray(-32))),
    sign: (message) => new Uint8Array(sign(null, message, privateKey)),
  };
}
