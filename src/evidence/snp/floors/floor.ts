import { Fault } from '../../../core/fault.ts';
import { type Cpuid, PRODUCT_LINES, type ProductLine } from '../product.ts';
import { type MinimumTcb, TCB_COMPONENTS } from '../tcb-version.ts';
import { type Bulletin, cpuidText, type Floor, minimumText } from './bulletin.ts';
import { BULLETINS, bulletinOf, FLOORS_AS_OF } from './bulletins.ts';
import { isProcessor } from './processors.ts';

/** What a bulletin asks of the TCB of one machine. */
export interface BulletinFloor {
  /** Empty where it asks nothing, or nothing that is known. */
  readonly minimum: MinimumTcb;
  /**
   * What keeps `minimum` from being all that the bulletin asks, a sentence each. With any,
   * reaching the minimum does not show the fix; falling short of it still shows the lack.
   */
  readonly gaps: readonly string[];
}

/**
 * The floor of a bulletin by its name, for policies.
 *
 * @param cpuid of a report of version 3 or later; without it microcode has no floor.
 * @throws Fault `usage` at `floors` for a bulletin that the table does not have: a floor that
 * nobody knows must not read as one that is met.
 */
export function floorOf(id: string, line: ProductLine, cpuid?: Cpuid): BulletinFloor {
  return bulletinFloor(knownBulletin(id), line, cpuid);
}

/** @throws Fault `usage` at `floors` for a bulletin that the table does not have. */
export function knownBulletin(id: string): Bulletin {
  const bulletin = bulletinOf(id);
  if (bulletin === undefined) {
    throw new Fault(
      'usage',
      'floors',
      `no bulletin ${JSON.stringify(id)} in the table of ${FLOORS_AS_OF}`,
    );
  }
  return bulletin;
}

export function bulletinFloor(
  bulletin: Bulletin,
  line: ProductLine,
  cpuid: Cpuid | undefined,
): BulletinFloor {
  if (!bulletin.lines.includes(line)) {
    const { name } = PRODUCT_LINES[line];
    return {
      minimum: {},
      gaps: [`whether ${bulletin.id} concerns ${name} is not known to this table`],
    };
  }
  const floors = bulletin.floors.filter((floor) => floor.line === line);
  if (bulletin.withdrawn) {
    return { minimum: {}, gaps: [withdrawnText(bulletin.id, bulletin.withdrawn, floors)] };
  }
  return {
    minimum: highest(floors.filter((floor) => appliesTo(floor, cpuid))),
    gaps: gapsOf(floors, line, cpuid),
  };
}

/**
 * By component the highest of all floors that hold. Meeting it is no clean bill: what has gaps
 * in {@link floorOf}, was withdrawn or never had a number is not in it.
 */
export function highestFloor(line: ProductLine, cpuid?: Cpuid): MinimumTcb {
  return highest(
    BULLETINS.filter(({ withdrawn }) => withdrawn === undefined)
      .flatMap(({ floors }) => floors)
      .filter((floor) => floor.line === line && appliesTo(floor, cpuid)),
  );
}

function appliesTo({ processor }: Floor, cpuid: Cpuid | undefined): boolean {
  return processor === undefined || (cpuid !== undefined && isProcessor(processor, cpuid));
}

function highest(floors: readonly Floor[]): MinimumTcb {
  const entries = TCB_COMPONENTS.flatMap((component) => {
    const values = floors.flatMap(({ minimum }) => minimum[component] ?? []);
    return values.length === 0 ? [] : [[component, Math.max(...values)] as const];
  });
  return Object.fromEntries(entries);
}

/** @param floors all that the bulletin has for the line. */
function gapsOf(
  floors: readonly Floor[],
  line: ProductLine,
  cpuid: Cpuid | undefined,
): readonly string[] {
  const { name } = PRODUCT_LINES[line];
  if (floors.length === 0) return [`no minimum TCB for ${name} is known to this table`];
  const exact = floors.flatMap(({ processor }) => processor ?? []);
  if (exact.length === 0) return [];
  if (cpuid === undefined) {
    return ['the microcode minimum is by exact processor, and the report names none'];
  }
  return exact.some((processor) => isProcessor(processor, cpuid))
    ? []
    : [`no microcode minimum for processor ${cpuidText(cpuid)} is known to this table`];
}

function withdrawnText(
  id: Bulletin['id'],
  { date, says }: NonNullable<Bulletin['withdrawn']>,
  floors: readonly Floor[],
): string {
  const before = floors.map(({ line, minimum }) => {
    return ` (${PRODUCT_LINES[line].name} until then: ${minimumText(minimum)})`;
  });
  return `AMD withdrew the minimum TCB of ${id} on ${date}${before.join('')}: ${says}`;
}
