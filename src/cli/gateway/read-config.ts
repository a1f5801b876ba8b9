import { basename, dirname, join } from 'node:path';
import type { Misfit } from '../../core/document/explain-shape.ts';
import type { JsonValue } from '../../core/encoding/json.ts';
import { configPlaces, type Override, readOverrides, setOption } from '../config/overrides.ts';
import {
  type ConfigKind,
  type ConfigProblem,
  configProblemLine,
  tryDocument,
} from '../config/read-document.ts';
import type { Io } from '../io.ts';
import { unusable } from '../unusable.ts';
import type { Args } from '../verb.ts';
import { type GatewayConfig, resolveConfig } from './config.ts';
import { misunderstandings } from './meaning.ts';
import { GatewayConfigSchema, type WrittenConfig } from './schema.ts';

/** The name that a configuration has in its folder. */
export const CONFIG_FILE = 'postern.yaml';

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
  const { written, problems, locate } = tryDocument(bytes, overrides, GATEWAY_CONFIG);
  const config = written === undefined ? undefined : resolveConfig(asWritten(written), dir);
  return { config, problems, locate };
}

const GATEWAY_CONFIG: ConfigKind = {
  schema: GatewayConfigSchema,
  misunderstandings: (written) => misunderstandings(asWritten(written)),
  empty: 'the file is empty: postern gateway init makes one to begin with',
};

/** What its schema was held against. */
function asWritten(value: JsonValue): WrittenConfig {
  return value as unknown as WrittenConfig;
}

/** Where `--set` and the environment may say something. */
export const GATEWAY_PLACES = configPlaces(GatewayConfigSchema, 'POSTERN_');

export const SET_OPTION = setOption('times.challengeTtl=90s or pools[0].policy=p.yaml');

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
  const overrides = readOverrides(io, args, GATEWAY_PLACES);
  const { config, problems, locate } = tryConfig(await io.readFile(file), overrides, dirname(file));
  if (config) {
    const lineOf = (misfit: Misfit) => configProblemLine(file, locate(misfit));
    return { config, file, overrides, lineOf };
  }
  const lines = problems.map((problem) => configProblemLine(file, problem));
  throw unusable(io, file, 'configuration', lines);
}

/** A folder's file; a path that ends like one of YAML is the file itself. */
function configPath(dir: string): string {
  return /\.ya?ml$/.test(basename(dir)) ? dir : join(dir, CONFIG_FILE);
}
