import { sha256 } from '#crypto';
import { utf8 } from '../core/bytes/text.ts';
import { canonicalJson } from '../core/encoding/jcs.ts';
import type { JsonValue } from '../core/encoding/json.ts';
import type { SshKeyKind } from './keys/ssh-host-key.ts';

/**
 * All that an agent was told: whoever could tell it something else would read every prompt. Of
 * secrets it has the SHA-256 alone (lower-case hex). Times in milliseconds, sizes in bytes.
 */
export type AgentConfig = {
  /** The operator's name for what is deployed. */
  readonly deployment: string;
  readonly listen: { readonly host: string; readonly port: number };
  /** `openai`: requests and answers are OpenAI's; `plain`: they are nobody's business. */
  readonly serves: 'openai' | 'plain';
  readonly upstream: UpstreamConfig;
  readonly allow: AllowedConfig;
  readonly padding: {
    /** Of which sizes inside the seal are a multiple; 0: nothing is padded. */
    readonly bucket: number;
  };
  readonly keys: KeysConfig;
  readonly limits: LimitsConfig;
  readonly machine: {
    readonly cpu: 'tdx' | 'snp';
    readonly gpus: number;
    readonly switches: number;
  };
  /** Null: it is enrolled nowhere, and answers those who ask it. */
  readonly gateway: GatewayConfig | null;
  /** Null: no key of a keyset is for SSH. */
  readonly ssh: SshConfig | null;
  /** Null: no key of a keyset is for TLS. */
  readonly tls: TlsConfig | null;
  readonly evidence: EvidenceConfig;
  readonly logs: { readonly level: 'debug' | 'info' | 'warn' | 'error' };
};

export type UpstreamConfig = {
  /** `http://127.0.0.1:<port>`, `http://[::1]:<port>` or `unix:<path>`. */
  readonly address: string;
  /** Of the whole value of the header `authorization`. */
  readonly authorizationSha256: string | null;
  /** Until its answer begins. */
  readonly answerWithin: number;
  /** Without a byte of its answer. */
  readonly idle: number;
  /** Until its answer is whole. */
  readonly wholeWithin: number;
};

export type AllowedConfig = {
  /** `POST /v1/chat/completions`; a segment `*` stands for one of any name. */
  readonly requests: readonly string[];
  /** In lower case. */
  readonly requestHeaders: readonly string[];
  readonly responseHeaders: readonly string[];
};

export type SuiteName = 'hybrid' | 'x25519';

export type KeysConfig = {
  readonly suites: readonly SuiteName[];
  /** How long new requests are taken under a key. */
  readonly life: number;
  /** How long before that the next one takes its place. */
  readonly overlap: number;
  /** How long those that came in time may go on after it. */
  readonly inFlight: number;
  /** How far the clock of a client may be off. */
  readonly dateWindow: number;
  /** How many are remembered under one key; a full table ends it. */
  readonly encapsulations: number;
  readonly accounts: number;
};

export type LimitsConfig = {
  /** Of a sealed request. */
  readonly request: number;
  /** Of all that are held at once. */
  readonly bodies: number;
  readonly sessions: number;
  readonly connections: number;
  /** Until a request has come whole. */
  readonly requestWithin: number;
  /** Until a client has taken what was sent to it. */
  readonly drainWithin: number;
  /** Challenges that may wait while one is answered. */
  readonly challenges: number;
  /** Challenges that are answered in a minute. */
  readonly challengesPerMinute: number;
  /** Until streams are cut off when the agent ends. */
  readonly closeWithin: number;
};

export type GatewayConfig = {
  /** What it calls itself: signatures and evidence are for this name. */
  readonly origin: string;
  /** Where it is asked. */
  readonly address: string;
  readonly pool: string;
  /** Of this machine, for people. */
  readonly name: string;
  /** Where it reaches this agent, to its `…/attest`; null: it never does. */
  readonly endpoint: string | null;
  /** Ed25519, lower-case hex; null: made in memory at each start. */
  readonly nodeKey: string | null;
  /** The node that this key was enrolled as; null: it is enrolled at each start. */
  readonly node: string | null;
  readonly enrolmentKeySha256: string | null;
  /** How often its checkpoint is answered with evidence. */
  readonly epochEvery: number;
  /** After a failure, doubled with each up to `retryMost`. */
  readonly retry: number;
  readonly retryMost: number;
};

export type SshConfig = {
  /** Folder of the socket that signs for sshd, of the public keys and of sshd's configuration. */
  readonly folder: string;
  readonly algorithms: readonly SshKeyKind[];
  /** Where people reach sshd, `host:port`; null: nobody is told. */
  readonly address: string | null;
  /** What has sshd read its configuration again, a program and its arguments; null: nothing has. */
  readonly reload: readonly string[] | null;
  /** Whether the gateway's authority is to certify the host keys. */
  readonly certificates: boolean;
};

export type TlsConfig = {
  readonly listen: { readonly host: string; readonly port: number };
  /** Names and addresses of the server, at least one. */
  readonly names: readonly string[];
  /** `127.0.0.1:<port>`, `[::1]:<port>` or `unix:<path>`. */
  readonly forward: string;
  /** Where people reach it, `host:port`; null: nobody is told. */
  readonly address: string | null;
  readonly connections: number;
  /** Whether the gateway's authority is to certify the key. */
  readonly certificates: boolean;
  /** Until a handshake is done. */
  readonly handshakeWithin: number;
  /** Without a byte in either direction. */
  readonly idle: number;
};

export type EvidenceConfig = {
  /** Folder of the kernel's report interface. */
  readonly tsm: string;
  /** Folder of the ACPI tables. */
  readonly acpi: string;
  /** NVIDIA's collector. */
  readonly collector: readonly string[];
  readonly collectWithin: number;
};

/** What stands behind the digests of {@link AgentConfig}; in memory alone. */
export interface AgentSecrets {
  /** Value of the header `authorization` for the local server. */
  readonly upstreamAuthorization?: string;
  /** API key of role `node`. */
  readonly enrolmentKey?: string;
}

/** SHA-256 of the canonical JSON (RFC 8785) of all of it: `agent_config_sha256` of a keyset. */
export function configDigest(config: AgentConfig): Uint8Array {
  return sha256(utf8(configText(config)));
}

/** The canonical JSON. */
export function configText(config: AgentConfig): string {
  return canonicalJson(config as JsonValue);
}
