import { sha256 } from '#crypto';
import { toHex } from '../../../core/bytes/hex.ts';
import { utf8 } from '../../../core/bytes/text.ts';
import { concatBytes } from '../../../core/bytes/writer.ts';
import type { JsonShape } from '../../../core/encoding/json-shape.ts';
import { malformed } from '../../../core/fault.ts';
import { parseSshPublicKey } from '../../../core/ssh/public-key.ts';
import type { Claims } from '../../../evidence/verification.ts';
import type { Bind, Bound, NotProven } from '../bound.ts';
import { onlyMembers } from '../members.ts';
import { NONCE_SIZE } from '../transcript.ts';

const PREFIX = utf8('SSH_HOST_KEY:');
const MOST_GPUS = 64;

/** `GPU-…` as NVML writes it; a comma would make one UUID look like two. */
const UUID = /^[!-+\--~]{1,64}$/;

/**
 * Lium, a machine and its validator: SHA-256 of `SSH_HOST_KEY:` and the host key's line, then
 * the nonce; devices sign the nonce as well. The bytes are those of Datura-ai/lium-io,
 * `neurons/executor/src/services/tdx_service.py`; not compared with genuine evidence.
 *
 *     { "recipe": "lium-ssh-v1", "ssh_host_key": "ssh-ed25519 AAAA…", "nonce": "<hex>" }
 *
 * `ssh_host_key` is the text exactly as hashed, with its comment if it had one.
 */
export function liumSshV1(inputs: JsonShape): Bound {
  onlyMembers(inputs, ['recipe', 'ssh_host_key', 'nonce']);
  return bound(inputs, new Uint8Array(), { binds: [], notProven: [], claims: {} });
}

/**
 * The same with the GPUs: SHA-256 of their UUIDs, sorted and with commas between, goes into the
 * hash behind the key. Assumed to be the 32 bytes themselves and not their hex, as in Lium's
 * recipe for TLS keys; not compared with genuine evidence.
 *
 *     { "recipe": "lium-ssh-v2", "ssh_host_key": "…", "nonce": "<hex>", "gpu_uuids": ["GPU-…"] }
 */
export function liumSshV2(inputs: JsonShape): Bound {
  onlyMembers(inputs, ['recipe', 'ssh_host_key', 'nonce', 'gpu_uuids']);
  const uuids = gpuUuids(inputs);
  return bound(inputs, sha256(utf8(uuids.join(','))), {
    binds: ['gpu-uuids'],
    notProven: ['device-identity'],
    claims: { gpuUuids: uuids },
  });
}

interface Further {
  readonly binds: readonly Bind[];
  readonly notProven: readonly NotProven[];
  readonly claims: Claims;
}

/** @param suffix what is hashed behind the key. */
function bound(inputs: JsonShape, suffix: Uint8Array, further: Further): Bound {
  const line = inputs.string('ssh_host_key');
  const key = parseSshPublicKey(line, `${inputs.path}.ssh_host_key`);
  const nonce = inputs.hex('nonce', NONCE_SIZE);
  return {
    reportData: concatBytes(sha256(concatBytes(PREFIX, utf8(line), suffix)), nonce),
    deviceNonce: nonce,
    nonce,
    binds: ['ssh-host-key', ...further.binds],
    notProven: ['domain-separation', 'device-binding', ...further.notProven],
    claims: {
      sshHostKeyAlgorithm: key.algorithm,
      sshHostKeySha256: toHex(key.fingerprint),
      ...further.claims,
    },
  };
}

function gpuUuids(inputs: JsonShape): readonly string[] {
  const at = `${inputs.path}.gpu_uuids`;
  const uuids = inputs.strings('gpu_uuids');
  if (uuids.length > MOST_GPUS) throw malformed(at, `more than ${MOST_GPUS}`);
  const wrong = uuids.findIndex((uuid) => !UUID.test(uuid));
  if (wrong >= 0) throw malformed(`${at}[${wrong}]`, 'want visible characters, and no comma');
  if (new Set(uuids).size < uuids.length) throw malformed(at, 'a UUID twice');
  return uuids.sort();
}
