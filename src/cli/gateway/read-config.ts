import { basename, dirname, join } from 'node:path';
import type { Misfit } from '../../core/document/explain-shape.ts';
import { type Problem, problemLine } from '../../core/document/problem.ts';
import { schemaMisfits } from '../../core/document/schema-misfits.ts';
import { readYaml, type YamlText } from '../../core/document/yaml-text.ts';
import type { JsonValue } from '../../core/encoding/json.ts';
import { type Io, usage, warn } from '../io.ts';
import type { Args } from '../verb.ts';
import { type GatewayConfig, resolveConfig } from './config.ts';
import { inlineSecrets, misunderstandings } from './meaning.ts';
import { hasPath, type Override, overridden, readOverrides } from './overrides.ts';
import { GatewayConfigSchema, type WrittenConfig } from './schema.ts';

/** The name that a configuration has in its folder. */
export const CONFIG_FILE = 'postern.yaml';

/** What is wrong with a configuration: in the file, or in what was said otherwise. */
export interface ConfigProblem extends Problem {
  /** `--set` or a variable of the environment, where it is from there. */
  readonly source?: string;
}

/**
 * Reads a configuration, with what is said otherwise on top.
 *
 * @param dir that its paths begin at.
 * @returns the configuration and no problem, or at least one problem.
 */
export function tryConfig(
  bytes: Uint8Array,
  overrides: readonly Override[],
  dir: string,
): {
  readonly config: GatewayConfig | undefined;
  readonly problems: readonly ConfigProblem[];
  /** Where a member stands, for whoever finds something wrong with it later. */
  readonly locate: (misfit: Misfit) => ConfigProblem;
} {
  const { value, problems, placeOf } = readYaml(bytes);
  const locate = (misfit: Misfit) => located(misfit, value ?? null, overrides, placeOf);
  if (value === undefined) return { config: undefined, problems, locate };
  const whole = overrides.reduce(overridden, value);
  const misfits = whole === null ? [EMPTY] : problemsOf(whole);
  const config =
    misfits.length === 0 ? resolveConfig(whole as unknown as WrittenConfig, dir) : undefined;
  return { config, problems: misfits.map(locate), locate };
}

const EMPTY: Misfit = {
  path: '',
  problem: 'the file is empty: postern gateway init makes one to begin with',
};

function problemsOf(value: JsonValue): readonly Misfit[] {
  const secrets = inlineSecrets(value);
  if (secrets.length > 0) return secrets;
  const misfits = schemaMisfits(GatewayConfigSchema, value);
  return misfits.length > 0 ? misfits : misunderstandings(value as unknown as WrittenConfig);
}

/** Of several that say it otherwise, the last one counts, and is to blame. */
function located(
  misfit: Misfit,
  file: JsonValue,
  overrides: readonly Override[],
  placeOf: YamlText['placeOf'],
): ConfigProblem {
  const isOnlySaid = misfit.path !== '' && !hasPath(file, misfit.path);
  const said = overrides.findLast(
    ({ path }) => isWithin(misfit.path, path) || (isOnlySaid && isWithin(path, misfit.path)),
  );
  return said ? { ...misfit, source: said.source } : { ...misfit, ...placeOf(misfit.path) };
}

function isWithin(path: string, around: string): boolean {
  return path === around || path.startsWith(`${around}.`) || path.startsWith(`${around}[`);
}

/** `postern.yaml:12:7 times.retry: …`, or `--set times.retry: …`. */
export function configProblemLine(file: string, problem: ConfigProblem): string {
  return problem.source === undefined
    ? problemLine(file, problem)
    : problemLine(problem.source, { path: problem.path, problem: problem.problem });
}

/** A configuration that can be used, and where its members stand. */
export interface ReadConfig {
  readonly config: GatewayConfig;
  readonly file: string;
  readonly overrides: readonly Override[];
  /** A sentence about a member, with its place. */
  readonly lineOf: (misfit: Misfit) => string;
}

/**
 * The configuration of a folder, or the one that a path names.
 *
 * @throws Fault `usage` for one that can't be used, with all that is wrong told before;
 *   `unreachable` where there is none.
 */
export async function readConfig(io: Io, args: Args, dir: string): Promise<ReadConfig> {
  const file = configPath(dir);
  const overrides = readOverrides(io, args);
  const { config, problems, locate } = tryConfig(await io.readFile(file), overrides, dirname(file));
  if (config) {
    const lineOf = (misfit: Misfit) => configProblemLine(file, locate(misfit));
    return { config, file, overrides, lineOf };
  }
  for (const problem of problems) warn(io, configProblemLine(file, problem));
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  throw usage(`${file}: no usable configuration, ${count} (see above)`);
}

/** A folder's file; a path that ends like one of YAML is the file itself. */
function configPath(dir: string): string {
  return /\.ya?ml$/.test(basename(dir)) ? dir : join(dir, CONFIG_FILE);
}
