import { type Bulletin, cpuidText, minimumText } from '../evidence/snp/floors/bulletin.ts';
import { BULLETINS, FLOORS_AS_OF } from '../evidence/snp/floors/bulletins.ts';
import { highestFloor } from '../evidence/snp/floors/floor.ts';
import { PROCESSORS } from '../evidence/snp/floors/processors.ts';
import { weaknessesOf } from '../evidence/snp/floors/weaknesses.ts';
import { PRODUCT_LINES, type ProductLine } from '../evidence/snp/product.ts';
import type { MinimumTcb } from '../evidence/snp/tcb-version.ts';
import type { Io } from './io.ts';
import { painter } from './paint.ts';

/** The whole table by product line, as `--json` prints it. */
export function floorTable(lines: readonly ProductLine[]) {
  return { floorsAsOf: FLOORS_AS_OF, products: lines.map(productTable) };
}

type ProductTable = ReturnType<typeof productTable>;

function productTable(line: ProductLine) {
  return {
    product: line,
    name: PRODUCT_LINES[line].name,
    highest: highestFloor(line),
    processors: PROCESSORS.filter((processor) => processor.line === line).map(
      ({ name, cpuid }) => ({ name, cpuid, highest: highestFloor(line, cpuid) }),
    ),
    bulletins: BULLETINS.filter(({ lines }) => lines.includes(line)).map((bulletin) =>
      bulletinRow(bulletin, line),
    ),
    knownWeaknesses: weaknessesOf(line).map(({ lines: _, ...weakness }) => weakness),
  };
}

function bulletinRow(bulletin: Bulletin, line: ProductLine) {
  const { id, title, cves, published, floors, signs, withdrawn, source, note } = bulletin;
  return {
    id,
    title,
    cves,
    published: published ?? null,
    withdrawn: withdrawn ?? null,
    floors: floors
      .filter((floor) => floor.line === line)
      .map(({ processor, minimum }) => ({
        processor: processor?.name ?? null,
        cpuid: processor?.cpuid ?? null,
        minimum,
      })),
    signs: signs
      .filter(({ lines }) => lines.includes(line))
      .map(({ field, bit, set, clear }) => ({ field, bit, set, clear })),
    source,
    note: note ?? null,
  };
}

export function printFloorTable(io: Io, { products }: ReturnType<typeof floorTable>): void {
  io.out(`Minimum TCB by AMD bulletin, as of ${FLOORS_AS_OF}\n`);
  for (const product of products) printProduct(io, product);
}

function printProduct(io: Io, table: ProductTable): void {
  const paint = painter(io.colours);
  io.out(`\n${paint('bold', table.name)}, all bulletins together: ${tcbText(table.highest)}\n`);
  for (const { name, cpuid, highest } of table.processors) {
    io.out(`  ${name} (${cpuidText(cpuid)}): ${tcbText(highest)}\n`);
  }
  for (const row of table.bulletins) {
    const facts = [...row.cves, ...(row.published === null ? [] : [row.published])];
    io.out(`\n  ${[row.id, row.title, paint('dim', facts.join(' · '))].join('  ').trimEnd()}\n`);
    if (row.withdrawn) {
      io.out(`    ${paint('yellow', `withdrawn ${row.withdrawn.date}`)}: ${row.withdrawn.says}\n`);
    }
    for (const { processor, minimum } of row.floors) {
      const was = row.withdrawn ? ', until then' : '';
      io.out(`    ${processor ?? table.name}${was}: ${tcbText(minimum)}\n`);
    }
    if (row.floors.length === 0) io.out('    no number is known to this table\n');
    for (const { field, bit } of row.signs) io.out(`    see also ${field} bit ${bit}\n`);
    if (row.note !== null) io.out(`    ${row.note}\n`);
    io.out(`    ${paint('dim', `from: ${row.source}`)}\n`);
  }
  printWeaknesses(io, table.product);
}

export function printWeaknesses(io: Io, line: ProductLine): void {
  const paint = painter(io.colours);
  io.out(`\n${paint('bold', `What no report of ${PRODUCT_LINES[line].name} can show`)}\n`);
  for (const { id, title, says } of weaknessesOf(line)) {
    io.out(`${paint('yellow', id)}  ${title}\n  ${says}\n`);
  }
}

/** `bootLoader 0x0a, tee 0x00, snp 0x17, microcode 0x54`. */
export function tcbText(tcb: MinimumTcb): string {
  return minimumText(tcb) || 'no minimum';
}
