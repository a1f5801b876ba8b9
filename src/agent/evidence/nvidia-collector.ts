import { spawn } from 'node:child_process';
import { toHex } from '../../core/bytes/hex.ts';
import { fromUtf8, utf8 } from '../../core/bytes/text.ts';
import type { JsonValue } from '../../core/encoding/json.ts';
import { parseJson } from '../../core/encoding/json.ts';
import { JsonShape } from '../../core/encoding/json-shape.ts';
import { Fault, malformed } from '../../core/fault.ts';
import { LARGEST_EVIDENCE, readNvidiaEvidence } from '../../evidence/nvidia/evidence-json.ts';
import { parseNvidiaReport } from '../../evidence/nvidia/report.ts';

/**
 * NVIDIA's own collector, `nvattest` of its Attestation SDK, is called once for each kind of
 * device:
 *
 *     nvattest collect-evidence --device gpu      --nonce <64 hex digits> --format json
 *     nvattest collect-evidence --device nvswitch --nonce <64 hex digits> --format json
 *
 * On its standard output it writes one JSON object: `evidences`, a list with an object for each
 * device, and `result_code`, 0 where all went well. Whatever it writes on standard error is its
 * own business and goes nowhere.
 */
export interface CollectorOptions {
  /** The program and what stands before `collect-evidence`, e.g. `['/usr/bin/nvattest']`. */
  readonly command: readonly string[];
  /** How many of each this machine has: fewer is no evidence of it. */
  readonly gpus: number;
  readonly switches: number;
  /** For one call, in milliseconds. */
  readonly within: number;
}

/**
 * The evidence of all devices as one JSON list, GPUs first; of no byte where there are none.
 *
 * @param nonce 32 bytes, which every device signs.
 * @throws Fault `unreachable` where the collector fails, takes too long or writes too much;
 *   `malformed` where what it writes is no evidence for this nonce and this many devices.
 */
export async function nvidiaEvidence(
  nonce: Uint8Array,
  options: CollectorOptions,
): Promise<Uint8Array> {
  const { gpus, switches } = options;
  const rows = [
    ...(gpus > 0 ? await rowsOf('gpu', gpus, nonce, options) : []),
    ...(switches > 0 ? await rowsOf('nvswitch', switches, nonce, options) : []),
  ];
  if (rows.length === 0) return new Uint8Array();
  const bytes = utf8(JSON.stringify(rows));
  if (bytes.length > LARGEST_EVIDENCE) throw malformed('devices', `${bytes.length} bytes`);
  return bytes;
}

type DeviceWord = 'gpu' | 'nvswitch';

async function rowsOf(
  device: DeviceWord,
  count: number,
  nonce: Uint8Array,
  options: CollectorOptions,
): Promise<readonly JsonValue[]> {
  const out = await outputOf(device, nonce, options);
  const at = `nvidia.${device}`;
  const shape = new JsonShape(parseJson(fromUtf8(out, at), at).value, at);
  const code = shape.value('result_code');
  if (code !== 0) throw new Fault('unreachable', `${at}.result_code`, `is ${JSON.stringify(code)}`);
  const rows = shape.array('evidences');
  if (rows.length !== count) {
    throw malformed(`${at}.evidences`, `want ${count} devices, got ${rows.length}`);
  }
  checkReports(utf8(JSON.stringify(rows)), nonce, at);
  return rows;
}

/** Each has to be a report over this nonce: what was collected for another proves nothing now. */
function checkReports(list: Uint8Array, nonce: Uint8Array, at: string): void {
  for (const [i, { report, chain }] of readNvidiaEvidence(list).entries()) {
    const place = `${at}.evidences[${i}]`;
    if (chain === undefined) throw malformed(`${place}.certificate`, 'is missing');
    const signed = parseNvidiaReport(report).nonce;
    if (toHex(signed) !== toHex(nonce))
      throw malformed(`${place}.evidence`, 'is for another nonce');
  }
}

async function outputOf(
  device: DeviceWord,
  nonce: Uint8Array,
  { command: [program = '', ...before], within }: CollectorOptions,
): Promise<Uint8Array> {
  const words = ['collect-evidence', '--device', device, '--nonce', toHex(nonce)];
  const child = spawn(program, [...before, ...words, '--format', 'json'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const failed = (detail: string, cause?: unknown) =>
    new Fault('unreachable', `nvidia.${device}`, `the collector ${detail}`, { cause });
  let late = false;
  const ended = new Promise<string>((resolve, reject) => {
    child.once('error', (cause: NodeJS.ErrnoException) =>
      reject(failed(`can’t be run (${cause.code ?? 'failed'})`, cause)),
    );
    child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  // Awaited only after its output was read; it may fail before.
  ended.catch(() => undefined);
  const timer = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
  }, within);
  try {
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of child.stdout as AsyncIterable<Uint8Array>) {
      length += chunk.length;
      if (length > LARGEST_EVIDENCE) throw failed(`writes more than ${LARGEST_EVIDENCE} bytes`);
      chunks.push(chunk);
    }
    const how = await ended;
    if (late) throw failed(`took longer than ${within / 1000} s`);
    if (how !== 'exit code 0') throw failed(`ended with ${how}`);
    return new Uint8Array(Buffer.concat(chunks));
  } finally {
    clearTimeout(timer);
    child.kill('SIGKILL');
  }
}
