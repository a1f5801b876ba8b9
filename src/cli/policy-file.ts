import { type CompiledPolicy, compilePolicy } from '../appraisal/appraise/compiled-policy.ts';
import { problemLine } from '../appraisal/policy/problem.ts';
import { type ReadPolicy, tryPolicy } from '../appraisal/policy/read-policy.ts';
import { type Io, usage, warn } from './io.ts';

/**
 * A policy from a file, YAML or JSON.
 *
 * @throws Fault `usage` for one that can't be used: that says nothing about any evidence. All
 * that is wrong with it is told before.
 */
export async function readPolicyFile(io: Io, path: string): Promise<ReadPolicy> {
  const { read, problems } = tryPolicy(await io.readFile(path));
  if (read) return read;
  for (const problem of problems) warn(io, problemLine(path, problem));
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  throw usage(`${path}: no usable policy, ${count} (see above)`);
}

export async function readCompiledPolicy(io: Io, path: string): Promise<CompiledPolicy> {
  return compilePolicy(await readPolicyFile(io, path));
}
