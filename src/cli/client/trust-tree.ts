import { type Tone, type TrustGroup, trustOf } from '../../client/trust-facts.ts';
import type { NodeView, VerificationView } from '../../client/view.ts';
import type { Io } from '../io.ts';
import { type Colour, type Paint, painter } from '../paint.ts';
import { visible } from '../visible.ts';

/** Nothing stands out of what is neither good nor bad. */
const TONES: Readonly<Record<Tone, readonly [Colour, string]>> = {
  good: ['green', '✓'],
  bad: ['red', '✗'],
  open: ['yellow', '?'],
  plain: ['dim', '·'],
};

/** Why the machine is trusted, on stderr: what it answers alone is for standard output. */
export function printTrust(
  io: Io,
  view: VerificationView,
  node: NodeView | undefined = view.nodes[0],
): void {
  const paint = painter(io.colours);
  const { headline, tone, warnings, groups, notProven } = trustOf(view, node);
  const [colour, mark] = TONES[tone];
  io.err(`${paint(colour, mark)} ${paint('bold', headline)}\n`);
  const lines = groups.flatMap((group, i) =>
    groupLines(paint, group, i === groups.length - 1 && notProven.length === 0),
  );
  for (const line of lines) io.err(`${line}\n`);
  if (notProven.length > 0) {
    io.err(`└─ ${paint('yellow', '?')} not proven  ${visible(notProven.join(', '))}\n`);
  }
  for (const warning of warnings) io.err(`${paint('yellow', 'note')}  ${visible(warning)}\n`);
}

function groupLines(paint: Paint, { title, tone, facts }: TrustGroup, isLast: boolean): string[] {
  const [branch, stem] = isLast ? ['└─', '  '] : ['├─', '│ '];
  const width = Math.max(...facts.map(({ name }) => name.length));
  return [
    `${branch} ${paint(...TONES[tone])} ${title}`,
    ...facts.map(({ name, value, tone: of }) => {
      const text = of === 'plain' ? visible(value) : paint(TONES[of][0], visible(value));
      return `${stem}    ${name.padEnd(width)}  ${text}`;
    }),
  ];
}
