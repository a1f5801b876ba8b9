import { formatTime } from '../../core/encoding/time.ts';
import { listCredentials } from '../../gateway/identity/listed-credential.ts';
import { SET_OPTION } from '../gateway/read-config.ts';
import type { Io } from '../io.ts';
import { type Colour, painter } from '../paint.ts';
import { printJson } from '../render.ts';
import { span } from '../span.ts';
import type { Verb } from '../verb.ts';
import { visible } from '../visible.ts';
import { credentialRow } from './credential-keys.ts';
import { withGatewayKeys } from './gateway-of.ts';
import type { KeyRow } from './key-row.ts';
import { ownKeys } from './own-keys.ts';
import { quotasText } from './quota-wishes.ts';

export const keysListVerb: Verb = {
  name: 'keys list',
  summary: 'List every key that a gateway holds or knows: whose it is, how old, until when.',
  operands: '<dir>',
  arity: { min: 1, max: 1 },
  options: { ...SET_OPTION, all: { help: 'those that are revoked or have expired as well' } },
  notes: [
    'age is the time since it was made, or since its file was last written; used is to the minute. quotas are a client’s own; – stands for those of the configuration. What had better be done stands behind !.',
  ],
  run: async (io, args) => {
    const rows = await withGatewayKeys(io, args, async ({ config, store }) => [
      ...(await ownKeys(io, config, store)),
      ...(await listCredentials(store, io.now())).map((one) => credentialRow(one, io.now())),
    ]);
    const shown = args.has('all') ? rows : rows.filter(({ state }) => !ENDED.has(state));
    if (args.has('json')) printJson(io, { keys: shown.map(rowJson) });
    else printRows(io, shown);
    return 0;
  },
};

const ENDED: ReadonlySet<KeyRow['state']> = new Set(['revoked', 'expired']);

const COLOURS = {
  'in-force': 'green',
  next: 'dim',
  retired: 'dim',
  expired: 'yellow',
  revoked: 'red',
} as const satisfies Record<KeyRow['state'], Colour>;

const HEAD = ['kind', 'id', 'state', 'age', 'used', 'until', 'role', 'quotas', 'name'];

function printRows(io: Io, rows: readonly KeyRow[]): void {
  const paint = painter(io.colours);
  const now = io.now();
  const cells = rows.map((row) => cellsOf(row, now));
  const widths = HEAD.map((head, i) =>
    Math.max(head.length, ...cells.map((one) => one[i]?.length ?? 0)),
  );
  const line = (texts: readonly string[]) =>
    texts
      .map((text, i) => text.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd();
  io.out(`${paint('dim', line(HEAD))}\n`);
  for (const [i, row] of rows.entries()) {
    const text = line(cells[i] ?? []);
    io.out(`${row.state === 'in-force' ? text : paint(COLOURS[row.state], text)}\n`);
    for (const one of row.advice) io.out(`  ${paint('yellow', '!')} ${visible(one)}\n`);
  }
}

function cellsOf(row: KeyRow, now: number): readonly string[] {
  const ago = (at: number | undefined) => (at === undefined ? '–' : span(now - at));
  // Those of a token key have 64 digits; the first are enough to tell it.
  const id = row.id.length > 16 ? `${row.id.slice(0, 15)}…` : row.id;
  const until = row.until === undefined ? '–' : formatTime(Math.trunc(row.until / 1000) * 1000);
  return [
    row.kind,
    visible(id),
    row.state,
    ago(row.madeAt),
    ago(row.usedAt),
    until,
    visible(row.role),
    row.quotas === undefined ? '–' : quotasText(row.quotas),
    visible(row.name ?? ''),
  ];
}

function rowJson({ madeAt, usedAt, until, ...row }: KeyRow) {
  return {
    ...row,
    ...(madeAt !== undefined && { madeAt: formatTime(madeAt) }),
    ...(usedAt !== undefined && { usedAt: formatTime(usedAt) }),
    ...(until !== undefined && { until: formatTime(until) }),
  };
}
