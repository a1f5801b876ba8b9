import { equalBytes } from '../../core/bytes/equal.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { firstOutside } from '../../core/x509/chain.ts';
import { isSignature } from '../../core/x509/signed.ts';
import type { CheckList } from '../check-list.ts';
import type { DeviceChain } from './chain.ts';
import type { NvidiaCheckId } from './checks.ts';
import type { DeviceIdentity } from './device.ts';
import type { DeviceKind, NvidiaClocks, NvidiaInput } from './input.ts';
import { type OpaqueData, parseOpaqueData, unreadLayout } from './opaque.ts';
import type { UnknownField } from './opaque-fields.ts';
import type { NvidiaReport } from './report.ts';

type Checks = CheckList<NvidiaCheckId>;

/** A clock that is no instant fails here; every window below then refuses it as well. */
export function checkClocks(checks: Checks, clocks: NvidiaClocks): void {
  const wrong = Object.entries(clocks).find(([, ms]) => !Number.isFinite(ms));
  checks.answer(
    'nvidia.clock',
    wrong && { want: 'a time to verify at', got: `${wrong[0]} clock is ${wrong[1]}` },
  );
}

/** Measurement blocks of a report. */
const BLOCKS = { gpu: 64, switch: 31 } as const satisfies Record<DeviceKind, number>;

/** @returns the kind that the report has the shape of. */
export function checkKind(
  checks: Checks,
  report: NvidiaReport | undefined,
  identity: DeviceIdentity | undefined,
  asked: DeviceKind | undefined,
): DeviceKind | undefined {
  if (report === undefined) return undefined;
  const count = report.blocks.length;
  const kind = (['gpu', 'switch'] as const).find((known) => BLOCKS[known] === count);
  const want = asked ?? identity?.kind;
  if (kind === undefined) {
    const blocks = `${BLOCKS.gpu} measurement blocks (GPU) or ${BLOCKS.switch} (switch)`;
    // A device of tomorrow is no forgery.
    checks.unresolved(
      'nvidia.device.kind',
      `unsupported: ${count} blocks, this release knows ${blocks}`,
    );
  } else if (identity !== undefined || asked !== undefined) {
    const wrong = [kind, identity?.kind ?? kind].find((found) => found !== want);
    checks.answer(
      'nvidia.device.kind',
      wrong &&
        want && {
          want: `evidence of a ${want}`,
          got: `a ${kind}’s report under a ${identity?.kind ?? 'missing'} chain`,
        },
    );
  }
  return kind;
}

export function readOpaque(
  checks: Checks,
  report: NvidiaReport,
  kind: DeviceKind,
  { relax }: NvidiaInput,
): OpaqueData | undefined {
  const id = 'nvidia.opaque.known';
  const unread = unreadLayout(report.opaque, kind);
  if (unread !== undefined) {
    // A driver of tomorrow is no forgery either.
    const because = `opaque data in the layout ${unread} is unsupported`;
    checks.unresolved('nvidia.opaque.format', because);
    checks.unresolved(id, because);
    return undefined;
  }
  const opaque = checks.read('nvidia.opaque.format', () => parseOpaqueData(report.opaque, kind));
  if (opaque === undefined) return undefined;
  const { unknown, unsupported } = opaque;
  const refused = unknown.filter(({ type }) => !relax?.opaqueTypes?.includes(type));
  if (unsupported !== undefined) checks.unresolved(id, `opaque data of ${unsupported}`);
  else if (refused.length > 0) {
    checks.unresolved(
      id,
      `unsupported: this release does not know what type ${labels(refused)} means`,
    );
  } else if (unknown.length > 0) {
    checks.waived(id, `allowed: type ${labels(unknown)}`);
  } else checks.pass(id);
  return opaque;
}

function labels(fields: readonly UnknownField[]): string {
  return fields.map(({ label }) => label).join(', ');
}

/** The evidence's own certificates: outside their validity they never vouched for it. */
export function checkChainValidity(
  checks: Checks,
  { certificates }: DeviceChain,
  now: number,
): void {
  if (certificates.length === 0) return;
  checks.answer('nvidia.chain.validity', firstOutside(certificates, now));
}

export function checkFwid(
  checks: Checks,
  { certificates, fwid }: DeviceChain,
  opaque: OpaqueData,
): void {
  const id = 'nvidia.device.fwid';
  if (certificates.length === 0 || fwid === 'unreadable') return;
  const got = opaque.fwid;
  // Not a pass: firmware of before the field, and all switches, leave the question open.
  if (got === undefined) checks.skipped(id, 'the report has no FWID field: nothing to compare');
  else if (fwid === undefined)
    checks.fail(id, { want: 'a leaf that names its firmware', got: 'one that does not' });
  else
    checks.answer(id, equalBytes(fwid, got) ? undefined : { want: toHex(fwid), got: toHex(got) });
}

export function checkSigned(
  checks: Checks,
  { signed, signature, nonce: got }: NvidiaReport,
  { certificates: [leaf] }: DeviceChain,
  nonce: Uint8Array | undefined,
): void {
  if (leaf?.publicKey.kind === 'P-384') {
    const good = isSignature(signature, signed, leaf.publicKey);
    checks.answer(
      'nvidia.report.signature',
      good
        ? undefined
        : { want: `a signature by ${leaf.subject.commonName}`, got: 'an invalid one' },
    );
  }
  if (nonce === undefined) return;
  checks.answer(
    'nvidia.nonce',
    equalBytes(nonce, got) ? undefined : { want: toHex(nonce), got: toHex(got) },
  );
}
