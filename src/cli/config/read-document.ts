import type { TSchema } from 'typebox';
import type { Misfit } from '../../core/document/explain-shape.ts';
import { type Problem, problemLine } from '../../core/document/problem.ts';
import { schemaMisfits } from '../../core/document/schema-misfits.ts';
import { readYaml, type YamlText } from '../../core/document/yaml-text.ts';
import type { JsonValue } from '../../core/encoding/json.ts';
import { inlineSecrets } from './inline-secrets.ts';
import { hasPath, type Override, overridden } from './overrides.ts';

/** What a configuration of one kind has to be. */
export interface ConfigKind {
  readonly schema: TSchema;
  /** What no schema can say. @param written is of the schema. */
  readonly misunderstandings: (written: JsonValue) => readonly Misfit[];
  /** What is said of a file with nothing in it. */
  readonly empty: string;
}

/** What is wrong with a configuration: in the file, or in what was said otherwise. */
export interface ConfigProblem extends Problem {
  /** `--set` or a variable of the environment, where it is from there. */
  readonly source?: string;
}

/**
 * Reads a configuration, with what is said otherwise on top.
 *
 * @returns what was written, of its schema, or at least one problem.
 */
export function tryDocument(
  bytes: Uint8Array,
  overrides: readonly Override[],
  kind: ConfigKind,
): {
  readonly written: JsonValue | undefined;
  readonly problems: readonly ConfigProblem[];
  /** Where a member stands, for whoever finds something wrong with it later. */
  readonly locate: (misfit: Misfit) => ConfigProblem;
} {
  const { value, problems, placeOf } = readYaml(bytes);
  const locate = (misfit: Misfit) => located(misfit, value ?? null, overrides, placeOf);
  if (value === undefined) return { written: undefined, problems, locate };
  const whole = overrides.reduce(overridden, value);
  const misfits = whole === null ? [{ path: '', problem: kind.empty }] : problemsOf(whole, kind);
  return {
    written: misfits.length === 0 ? whole : undefined,
    problems: misfits.map(locate),
    locate,
  };
}

function problemsOf(value: JsonValue, kind: ConfigKind): readonly Misfit[] {
  const secrets = inlineSecrets(value);
  if (secrets.length > 0) return secrets;
  const misfits = schemaMisfits(kind.schema, value);
  return misfits.length > 0 ? misfits : kind.misunderstandings(value);
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
