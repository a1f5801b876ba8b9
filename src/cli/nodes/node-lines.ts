import type { NodeJson } from '../../protocol/node.ts';
import type { Colour, Paint } from '../paint.ts';
import { VERDICT_COLOURS } from '../render.ts';
import { span } from '../span.ts';
import { visible } from '../visible.ts';

const STATES: Readonly<Record<string, readonly [Colour, string]>> = {
  admitted: ['green', '✓'],
  enrolled: ['dim', '·'],
  lapsed: ['yellow', '?'],
  quarantined: ['yellow', '!'],
  revoked: ['red', '✗'],
};
const UNKNOWN_STATE = ['yellow', '?'] as const;

const HEAD = ['', 'name', 'pool', 'state', 'verdict', 'age', 'until', 'id', 'codes'];

/** A table of nodes; the codes, of whatever length, stand last. */
export function nodeTable(paint: Paint, nodes: readonly NodeJson[], now: number): string[] {
  const rows = [HEAD.map((text) => ['dim', text] as const), ...nodes.map((one) => cells(one, now))];
  const widths = HEAD.map((_, i) => Math.max(...rows.map((row) => (row[i]?.[1] ?? '').length)));
  return rows.map((row) =>
    row
      .map(([colour, text], i) => {
        const padded = i === row.length - 1 ? text : text.padEnd(widths[i] ?? 0);
        return colour === undefined ? padded : paint(colour, padded);
      })
      .join('  ')
      .trimEnd(),
  );
}

type Cell = readonly [Colour | undefined, string];

function cells(node: NodeJson, now: number): readonly Cell[] {
  const { state } = node.standing;
  const [colour, mark] = STATES[state] ?? UNKNOWN_STATE;
  const { last } = node;
  return [
    [colour, mark],
    [undefined, visible(node.name)],
    [undefined, visible(node.pool)],
    [colour, visible(state)],
    last ? [VERDICT_COLOURS[last.verdict], last.verdict] : ['dim', '–'],
    [undefined, last ? span(now - Date.parse(last.at)) : '–'],
    [undefined, untilText(node, now)],
    ['dim', node.id],
    ['dim', visible(codesOf(node).join(' '))],
  ];
}

/** Why it is where it is. */
function codesOf({ standing, last }: NodeJson): readonly string[] {
  const own = standing.code === undefined ? [] : [standing.code];
  return last?.verdict === 'accept' ? own : [...own, ...(last?.codes ?? [])];
}

function untilText({ standing }: NodeJson, now: number): string {
  const until = standing.admission?.until ?? standing.until;
  if (until === undefined) return '–';
  const left = Date.parse(until) - now;
  return left > 0 ? `in ${span(left)}` : `${span(-left)} ago`;
}
