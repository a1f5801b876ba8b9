import type { Policy } from '../schema/policy.ts';
import type { Bindings, Deployment, Freshness, LogHygiene } from '../schema/whole.ts';
import { listed, type ShowHex, unlessSkipped } from './explanation.ts';
import { registerName } from './machines.ts';

type Spec = Policy['spec'];

/** Whose machines, which keys, what software: all that tells one genuine machine from another. */
export function admissionLines(
  { bindings, workload, deployment }: Spec,
  hex: ShowHex,
): readonly string[] {
  return [
    ...unlessSkipped<Exclude<Deployment, { skip: string }>>(deployment, (own) => ownText(own, hex)),
    ...('skip' in bindings ? [] : bindingLines(bindings)),
    ...unlessSkipped<readonly string[]>(
      workload.agentConfigSha256,
      (known) => `The agent was told (agent configuration) ${listed(known.map(hex), 'or')}.`,
    ),
    ...unlessSkipped<readonly string[]>(
      workload.weightsSha256,
      (known) => `The model that it serves has weights ${listed(known.map(hex), 'or')}.`,
    ),
  ];
}

function ownText(own: Exclude<Deployment, { skip: string }>, hex: ShowHex): string {
  if ('chipIds' in own) return `Only chips ${listed(own.chipIds.map(hex), 'or')}.`;
  if ('platformInstanceIds' in own) {
    return `Only platform instances ${listed(own.platformInstanceIds.map(hex), 'or')}.`;
  }
  return `Only machines whose ${registerName(own.register)} is that of their reference set; it holds ${own.holds}.`;
}

function bindingLines({ recipes, keys, purposes, challenge }: Bindings): readonly string[] {
  return [
    `Keys are bound into the evidence as ${listed(recipes, 'or')} says.`,
    ...unlessSkipped<readonly string[]>(
      keys,
      (uses) => `There are keys for ${listed(uses, 'and')}.`,
    ),
    ...unlessSkipped<readonly string[]>(
      purposes,
      (known) =>
        `The evidence was made for ${listed(
          known.map((purpose) => JSON.stringify(purpose)),
          'or',
        )}.`,
    ),
    ...unlessSkipped<'require'>(
      challenge,
      () => 'It answers a fresh challenge of whoever decides: no recording will do.',
    ),
  ];
}

/** What keeps logs, and with them secrets, from the host. */
export function logLines({ commandLine, events }: LogHygiene): readonly string[] {
  return [
    ...('skip' in commandLine
      ? []
      : [
          `The kernel’s command line has no ${listed(commandLine.forbid, 'or')}.`,
          ...(commandLine.require.length > 0
            ? [`It has ${listed(commandLine.require, 'and')}.`]
            : []),
          ...(commandLine.text === undefined
            ? []
            : [`It was measured as ${JSON.stringify(commandLine.text)}.`]),
        ]),
    ...unlessSkipped<{ forbid: string[] }>(
      events,
      ({ forbid }) => `No event ${listed(forbid, 'or')} was measured.`,
    ),
  ];
}

export function freshnessLines(freshness: Freshness): readonly string[] {
  const { nonceTtl, resultTtl, reattestEvery, reattestGrace } = freshness;
  const grace = reattestGrace === undefined ? 'without grace' : `with ${reattestGrace} of grace`;
  return [
    `A challenge lives ${nonceTtl}, an answer ${resultTtl}; each machine is asked again every ${reattestEvery}, ${grace}.`,
  ];
}

export function assertionLines(assertions: Spec['assertions']): readonly string[] {
  return assertions.map(({ id, cel, message, enforce }) => {
    const otherwise = enforce === 'deny' ? 'refused' : 'warned of';
    return `${id}: ${cel}; otherwise ${otherwise}, for ${message}`;
  });
}
