import { Fault } from '../core/fault.ts';
import { parseJwks } from '../evidence/nvidia/nras/jwks.ts';
import type { NrasStatement } from '../evidence/nvidia/nras/statements.ts';
import type { Verification } from '../evidence/verification.ts';
import { type Io, usage } from './io.ts';
import type { Args, Options } from './verb.ts';

export const NRAS_OPTIONS: Options = {
  nras: {
    value: '<eat.json>',
    multiple: true,
    help: 'what NVIDIA’s remote service (NRAS) says of these devices, or of some of them: a second opinion, which can only speak against them',
  },
  jwks: {
    value: '<json>',
    multiple: true,
    help: 'the service’s keys of that day: one set for all statements, or one for each in their order; without them a statement stays open',
  },
};

/** The statements named by `--nras`, each with its keys. */
export async function readNrasStatements(io: Io, args: Args): Promise<readonly NrasStatement[]> {
  const [eats, sets] = [args.many('nras'), args.many('jwks')];
  if (eats.length === 0 && sets.length > 0) throw usage('--jwks goes with --nras');
  if (sets.length > 1 && sets.length !== eats.length) {
    throw usage(`--jwks: want one, or one for each of ${eats.length} --nras, got ${sets.length}`);
  }
  return Promise.all(
    eats.map(async (eat, i) => {
      const jwks = sets.length === 1 ? sets[0] : sets[i];
      return {
        eat: await io.readFile(eat),
        ...(jwks !== undefined && { jwks: await readKeySet(io, jwks) }),
      };
    }),
  );
}

/** Keys that can’t be read say nothing about a machine: no verdict, not even "reject". */
export async function readKeySet(io: Io, path: string): Promise<Uint8Array> {
  const bytes = await io.readFile(path);
  try {
    parseJwks(bytes);
  } catch (error) {
    if (!(error instanceof Fault) || error.code === 'internal') throw error;
    throw usage(`--jwks ${path}: want a JSON Web Key Set (${error.message})`);
  }
  return bytes;
}

/** Why an open statement beside accepted devices is no contradiction. */
export function nrasNotes(parts: readonly Verification[] = []): readonly string[] {
  const open = parts.some(
    ({ evidence, verdict }) => evidence === 'nras' && verdict === 'indeterminate',
  );
  return open ? ['what NVIDIA’s service says (nras) is open; the verdict is without it'] : [];
}
