import { basename } from 'node:path';
import { fromHex, toHex } from '../../core/bytes/hex.ts';
import { fromUtf8 } from '../../core/bytes/text.ts';
import { parseJson } from '../../core/encoding/json.ts';
import { JsonShape } from '../../core/encoding/json-shape.ts';
import { Fault, malformed } from '../../core/fault.ts';
import type { Mismatch } from '../../core/mismatch.ts';
import { CheckList } from '../../evidence/check-list.ts';
import { hashKernel, type KernelHashes } from '../../evidence/snp/measure/kernel-hashes.ts';
import {
  type LaunchInput,
  launchDigest,
  MOST_VCPUS,
} from '../../evidence/snp/measure/launch-digest.ts';
import { vcpuTypeNamed } from '../../evidence/snp/measure/vcpu-type.ts';
import { VMMS } from '../../evidence/snp/measure/vmsa.ts';
import { conclude } from '../../evidence/verdict.ts';
import type { Case } from './manifest.ts';
import type { CaseContext, Runner } from './runner.ts';

const CHECKS = { 'snp.measure.vector': { path: 'vectors' } } as const;

const REQUIRED = new Set(Object.keys(CHECKS) as (keyof typeof CHECKS)[]);

/** Launch digests: each vector of the list names a firmware image and gives the digest. */
export const snpMeasureRunner: Runner = {
  name: 'SEV-SNP launch digests',
  reads: ['vectors', 'ovmfAmdSev', 'ovmfX64'],
  run: async (testCase, context) => {
    const vectors = parseVectors(await context.file('vectors'));
    const images = await firmwareImages(testCase, context);
    const checks = new CheckList(CHECKS);
    for (const vector of vectors) {
      checks.read('snp.measure.vector', () => digestProblem(vector, images) ?? vector);
    }
    return {
      verdict: conclude(checks.all, REQUIRED),
      checks: checks.all,
      claims: { vectors: vectors.length },
    };
  },
};

/** Names the vector, since one question is asked of all. */
function digestProblem(
  vector: JsonShape,
  images: ReadonlyMap<string, Uint8Array>,
): Mismatch | undefined {
  const name = vector.string('name');
  const want = toHex(vector.hex('expected', 48));
  const got = toHex(launchDigest(launchInput(vector, images)));
  return got === want ? undefined : { want: `${name}: ${want}`, got };
}

function parseVectors(file: Uint8Array): readonly JsonShape[] {
  const { value } = parseJson(fromUtf8(file, 'vectors'), 'vectors');
  if (!Array.isArray(value)) throw malformed('vectors', 'want an array');
  return value.map((item, i) => new JsonShape(item, `vectors[${i}]`));
}

/** Every other file of the case by the name that the vectors call it by. */
async function firmwareImages(
  { files }: Case,
  context: CaseContext,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const images = new Map<string, Uint8Array>();
  for (const [role, path] of Object.entries(files)) {
    if (role === 'vectors' || typeof path !== 'string') continue;
    images.set(basename(path), await context.file(role));
  }
  return images;
}

function launchInput(vector: JsonShape, images: ReadonlyMap<string, Uint8Array>): LaunchInput {
  const ovmf = vector.string('ovmf');
  const firmware = images.get(ovmf);
  if (firmware === undefined) throw malformed(`${vector.path}.ovmf`, `no file ${ovmf} in the case`);
  const named = vector.string('vmm').toLowerCase();
  const vmm = VMMS.find((known) => known === named);
  if (vmm === undefined) throw malformed(`${vector.path}.vmm`, `unknown VMM ${named}`);
  const type = optional(vector, 'vcpu_type');
  const digest = optional(vector, 'ovmf_hash');
  const kernel = kernelHashes(vector);
  return {
    firmware,
    vmm,
    vcpus: vector.integer('vcpus', MOST_VCPUS),
    sevFeatures: features(vector),
    ...(type !== undefined && { vcpu: vcpuTypeNamed(type) }),
    ...(digest !== undefined && { firmwareDigest: fromHex(digest, `${vector.path}.ovmf_hash`) }),
    ...(kernel && { kernel }),
  };
}

function features(vector: JsonShape): bigint {
  const text = vector.string('guest_features');
  if (!/^0x[0-9a-f]{1,16}$/.test(text)) {
    throw malformed(`${vector.path}.guest_features`, 'want a hex number of 64 bits');
  }
  return BigInt(text);
}

/** Kernel and initrd of a vector are empty files, or there is no kernel. */
function kernelHashes(vector: JsonShape): KernelHashes | undefined {
  const [kernel, initrd] = [optional(vector, 'kernel'), optional(vector, 'initrd')];
  for (const path of [kernel, initrd]) {
    if (path !== undefined && path !== '/dev/null') {
      throw new Fault('unsupported', `${vector.path}.kernel`, `${path} is not part of the case`);
    }
  }
  if (kernel === undefined) return undefined;
  return hashKernel({ kernel: new Uint8Array(), cmdline: optional(vector, 'append') ?? '' });
}

function optional(vector: JsonShape, name: string): string | undefined {
  const value = vector.value(name);
  return value === null || value === undefined ? undefined : vector.string(name);
}
