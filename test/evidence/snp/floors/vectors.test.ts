import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type BulletinState,
  floorInput,
  judgeFloors,
} from '../../../../src/evidence/snp/floors/judge.ts';
import type { ProductLine } from '../../../../src/evidence/snp/product.ts';
import { parseSnpReport } from '../../../../src/evidence/snp/report.ts';
import { vectorsFolder } from '../../../support/vectors.ts';
import { asView } from '../../../support/view.ts';

const folder = vectorsFolder('snp');

/** Numbers of the bulletins by the answer that the genuine machine gets. */
const EXPECTED: readonly (readonly [
  string,
  ProductLine,
  Readonly<Record<BulletinState['state'], string>>,
])[] = [
  [
    'genoa-v3-caci',
    'genoa',
    {
      'at-or-above': '3015 3019',
      below: '3016 3020 3023 3027',
      undecided: '3007 3011 3030',
      withdrawn: '3034',
    },
  ],
  [
    'genoa-line-v5-siena',
    'genoa',
    {
      'at-or-above': '3015 3019 3023',
      below: '',
      // The host has not done its half of 3016.
      undecided: '3007 3011 3016 3020 3027 3030',
      withdrawn: '3034',
    },
  ],
  [
    'turin-v5-caci',
    'turin',
    {
      'at-or-above': '3020 3023 3027',
      below: '',
      undecided: '3016 3030',
      withdrawn: '3034',
    },
  ],
  [
    'milan-v3-caci',
    'milan',
    {
      'at-or-above': '3002 3005 3015 3019',
      below: '3016 3023 3030',
      undecided: '3007 3011 3020 3027',
      withdrawn: '3034',
    },
  ],
  [
    // The microcode in force is 0xdc; what the signature stands for is 0xd9.
    'milan-v3-vlek-aws',
    'milan',
    {
      'at-or-above': '3002 3005 3015',
      below: '3016 3019 3023 3030',
      undecided: '3007 3011 3020 3027',
      withdrawn: '3034',
    },
  ],
  [
    'milan-v2',
    'milan',
    {
      'at-or-above': '',
      below: '3015 3016 3019 3023 3030',
      undecided: '3002 3005 3007 3011 3020 3027',
      withdrawn: '3034',
    },
  ],
  [
    'milan-v2-debug-policy',
    'milan',
    {
      'at-or-above': '',
      below: '3002 3015 3016 3019 3023 3030',
      undecided: '3005 3007 3011 3020 3027',
      withdrawn: '3034',
    },
  ],
];

describe.skipIf(folder === undefined)('genuine reports', () => {
  it.each(EXPECTED)('%s', (name, line, expected) => {
    const bytes = readFileSync(join(folder ?? '', 'real', name, 'report.bin'));
    const states = judgeFloors(floorInput(parseSnpReport(asView(bytes)), line));
    const numbers = (state: BulletinState['state']) =>
      states
        .filter((found) => found.state === state)
        .map(({ id }) => id.slice('AMD-SB-'.length))
        .join(' ');
    expect({
      'at-or-above': numbers('at-or-above'),
      below: numbers('below'),
      undecided: numbers('undecided'),
      withdrawn: numbers('withdrawn'),
    }).toEqual(expected);
  });
});
