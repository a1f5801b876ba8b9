import type { NrasStatement } from '../appraisal/bundle/nras-statement.ts';
import type { Verification } from '../evidence/verification.ts';
import { type Io, usage } from './io.ts';
import type { Args, Options } from './verb.ts';

export const NRAS_OPTIONS: Options = {
  nras: {
    value: '<eat.json>',
    help: 'what NVIDIA’s remote service (NRAS) says of these devices: a second opinion, which can only speak against them',
  },
  jwks: {
    value: '<json>',
    help: 'the service’s keys of that day; without them its statement stays open',
  },
};

/** The statement named by `--nras`. */
export async function readNrasStatement(io: Io, args: Args): Promise<NrasStatement | undefined> {
  const [eat, jwks] = [args.one('nras'), args.one('jwks')];
  if (eat === undefined) {
    if (jwks !== undefined) throw usage('--jwks goes with --nras');
    return undefined;
  }
  return {
    eat: await io.readFile(eat),
    ...(jwks !== undefined && { jwks: await io.readFile(jwks) }),
  };
}

/** Why an open statement beside accepted devices is no contradiction. */
export function nrasNotes(parts: readonly Verification[] = []): readonly string[] {
  const open = parts.some(
    ({ evidence, verdict }) => evidence === 'nras' && verdict === 'indeterminate',
  );
  return open ? ['what NVIDIA’s service says (nras) is open; the verdict is without it'] : [];
}
