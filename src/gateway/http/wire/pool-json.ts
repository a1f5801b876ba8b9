import { toBase64 } from '../../../core/encoding/base64.ts';
import { writeTime } from '../../../protocol/values.ts';
import type { PoolPolicy } from '../../fleet/store.ts';

export function poolJson({ pool, name, revision, digest, activatedAt }: PoolPolicy) {
  return { pool, name, revision, digest, activatedAt: writeTime(activatedAt) };
}

/** With the files, as they were handed in. */
export function poolPolicyJson(policy: PoolPolicy) {
  const { file, revocations } = policy;
  return { ...poolJson(policy), file: toBase64(file), revocations: revocations.map(toBase64) };
}
