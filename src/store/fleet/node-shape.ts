import { Fault, type FaultCode } from '../../core/fault.ts';
import type {
  Admission,
  FleetNode,
  Inventory,
  LastDecision,
  NodeKey,
  Standing,
} from '../../gateway/fleet/node.ts';
import type { Services } from '../../protocol/node.ts';
import {
  closed,
  count,
  digest,
  flag,
  hex,
  instant,
  list,
  oneBy,
  optional,
  ordinal,
  wantShape,
  word,
  words,
} from '../shape.ts';

export const nodeId = hex(16);

/** The standing of one state. */
type StandingOf<State extends Standing['state']> = Extract<Standing, { readonly state: State }>;

const state = words;
const since = instant;
const ban = { state, since, code: words, reason: words, by: words };

const admission = closed<Admission>({
  id: words,
  decision: words,
  until: instant,
  evidenceAt: instant,
  policy: digest,
  referenceSet: optional(words),
  keyset: optional(hex(48)),
  override: optional(words),
});

const standing = oneBy('state', {
  enrolled: closed<StandingOf<'enrolled'>>({ state, since }),
  admitted: closed<StandingOf<'admitted'>>({ state, since, admission }),
  lapsed: closed<StandingOf<'lapsed'>>({ state, since, code: words }),
  quarantined: closed<StandingOf<'quarantined'>>({ ...ban, until: optional(instant) }),
  revoked: closed<StandingOf<'revoked'>>(ban),
});

/** All of a node but when it is due. */
const nodeDocument = closed<Omit<FleetNode, 'dueAt'>>({
  id: nodeId,
  name: words,
  key: closed<NodeKey>({ algorithm: word(['ed25519', 'sr25519']), publicKey: hex(32) }),
  pool: words,
  endpoint: optional(words),
  services: optional(closed<Services>({ ssh: optional(words), tls: optional(words) })),
  declared: closed<Inventory>({ cpu: word(['tdx', 'snp']), gpus: count, switches: count }),
  enrolledAt: instant,
  version: ordinal,
  standing,
  hardware: list(words),
  last: optional(
    closed<LastDecision>({
      id: words,
      at: instant,
      verdict: word(['accept', 'reject', 'indeterminate']),
      authentic: flag,
      codes: list(words),
      evidenceAt: optional(instant),
      policy: optional(digest),
      by: optional(word(['anybody'])),
    }),
  ),
  failures: count,
});

/** @throws Fault of the code at the place that is not as a node has it. */
export function wantNodeDocument(
  value: unknown,
  at: string,
  code: FaultCode,
): asserts value is Omit<FleetNode, 'dueAt'> {
  wantShape(nodeDocument, value, at, code);
  const { hardware } = value as FleetNode;
  for (const [i, name] of hardware.entries()) {
    const before = hardware[i - 1];
    if (before === undefined || before < name) continue;
    const detail = 'does not come after the one before it: want them sorted, each once';
    throw new Fault(code, `${at}.hardware[${i}]`, detail);
  }
}
