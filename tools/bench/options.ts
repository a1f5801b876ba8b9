import { parseArgs } from 'node:util';
import { Fault } from '../../src/core/fault.ts';

export interface Options {
  readonly json: boolean;
  /** Beginning of the names of the rows to measure; empty for all. */
  readonly only: string;
}

/** @throws Fault `usage` for anything that is not an option of the bench. */
export function readOptions(args: readonly string[]): Options {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        json: { type: 'boolean', default: false },
        only: { type: 'string', default: '' },
      },
    });
    return values;
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new Fault('usage', 'bench', detail, { cause: error });
  }
}

/**
 * The rows whose name begins with `only`; what they are held against is measured with them.
 *
 * @throws Fault `usage` when there are none: a bench of nothing must not look like a bench.
 */
export function selectRows<Row extends { readonly name: string }>(
  measurements: readonly Row[],
  only: string,
): readonly Row[] {
  const chosen = measurements.filter(({ name }) => name.startsWith(only));
  if (chosen.length > 0) return chosen;
  const names = measurements.map(({ name }) => name).join(', ');
  throw new Fault('usage', 'bench', `no measurement begins with "${only}"; there are ${names}`);
}
