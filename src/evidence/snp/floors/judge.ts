import { bit } from '../bits.ts';
import { type Cpuid, PRODUCT_LINES, type ProductLine } from '../product.ts';
import type { SnpReport } from '../report.ts';
import { type TcbVersion, tcbShortfall, tcbVersion } from '../tcb-version.ts';
import { type Bulletin, minimumText, type Sign, splText } from './bulletin.ts';
import { BULLETINS } from './bulletins.ts';
import { bulletinFloor } from './floor.ts';

/** What is held against the table. */
export interface FloorInput {
  readonly line: ProductLine;
  /** Absent from a report of version 2. */
  readonly cpuid?: Cpuid | undefined;
  /** The TCB that the signature stands for, not the one that happens to run. */
  readonly reportedTcb: TcbVersion;
  readonly platformInfo?: bigint;
  /** 8 bytes, little-endian; absent before version 4. */
  readonly currentMitVector?: Uint8Array | undefined;
}

/**
 * `at-or-above` says that the TCB reaches every number that the bulletin has for this
 * processor; `undecided` that it reaches those that are known, and that some are not.
 */
export type FloorState = 'at-or-above' | 'below' | 'undecided' | 'withdrawn';

export interface BulletinState {
  readonly id: Bulletin['id'];
  readonly title: string;
  readonly state: FloorState;
  /** One sentence without its full stop. */
  readonly because: string;
  /** What bits of the report tell of the fix beside the TCB. */
  readonly also: readonly string[];
}

/** @param line that the certificates stand for, or that the report's own CPUID names. */
export function floorInput(report: SnpReport, line: ProductLine): FloorInput {
  return {
    line,
    cpuid: report.cpuid,
    reportedTcb: tcbVersion(report.reportedTcb, PRODUCT_LINES[line].layout),
    platformInfo: report.platformInfo,
    currentMitVector: report.currentMitVector,
  };
}

/** One answer for each bulletin that concerns the line, in the order of the table. */
export function judgeFloors(input: FloorInput): readonly BulletinState[] {
  return BULLETINS.filter(({ lines }) => lines.includes(input.line)).map((bulletin) => ({
    id: bulletin.id,
    title: bulletin.title,
    ...verdictOf(bulletin, input),
    also: bulletin.signs.flatMap((sign) => signText(sign, input)),
  }));
}

function verdictOf(
  bulletin: Bulletin,
  input: FloorInput,
): { readonly state: FloorState; readonly because: string } {
  const { line, cpuid, reportedTcb } = input;
  const { minimum, gaps: unknown } = bulletinFloor(bulletin, line, cpuid);
  const gaps = [...unknown, ...bulletin.signs.flatMap((sign) => signGap(sign, input))];
  if (bulletin.withdrawn) return { state: 'withdrawn', because: gaps.join('; ') };
  const short = tcbShortfall(reportedTcb, minimum);
  if (short.length > 0) {
    const lacks = short.map(
      ({ component, want, got }) =>
        `${component} ${splText(want)} wanted, ${got === undefined ? 'none' : splText(got)} seen`,
    );
    return {
      state: 'below',
      because: `below the fix for ${bulletin.id}: ${lacks.join('; ')} (reported TCB)`,
    };
  }
  const reached =
    Object.keys(minimum).length === 0 ? [] : [`${minimumText(minimum)} reached (reported TCB)`];
  return gaps.length > 0
    ? {
        state: 'undecided',
        because: `undecided for ${bulletin.id}: ${[...reached, ...gaps].join('; ')}`,
      }
    : { state: 'at-or-above', because: `at or above the fix for ${bulletin.id}: ${reached}` };
}

/** What keeps a TCB that is high enough from showing the whole fix. */
function signGap(sign: Sign, input: FloorInput): readonly string[] {
  if (!sign.decides || !sign.lines.includes(input.line)) return [];
  const value = signValue(sign, input);
  if (value === undefined)
    return [`this version of the report has no ${sign.field}, which tells of it`];
  return value ? [] : [`${sign.field} bit ${sign.bit} is zero: ${sign.clear}`];
}

function signText(sign: Sign, input: FloorInput): readonly string[] {
  const value = sign.lines.includes(input.line) ? signValue(sign, input) : undefined;
  if (value === undefined) return [];
  const says = value ? `one: ${sign.set}` : `zero: ${sign.clear}`;
  return [`${sign.field} bit ${sign.bit} is ${says}`];
}

/** @returns undefined where the report does not have the field. */
function signValue(sign: Sign, input: FloorInput): boolean | undefined {
  if (sign.field === 'PLATFORM_INFO') {
    return input.platformInfo === undefined ? undefined : bit(input.platformInfo, sign.bit);
  }
  const byte = input.currentMitVector?.[sign.bit >> 3];
  return byte === undefined ? undefined : bit(BigInt(byte), sign.bit & 7);
}
