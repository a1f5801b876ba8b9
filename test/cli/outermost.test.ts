import { expect, it } from 'vitest';
import { bundleFiles, VERIFY_BUNDLE } from './bundle-files.ts';
import { files, jsonOf, postern, VERIFY } from './fake-io.ts';
import { nodeFiles, nvidiaFiles, VERIFY_NODE, VERIFY_NVIDIA } from './nvidia-files.ts';
import { snpFiles, VERIFY_SNP } from './snp-files.ts';

const VERBS = [
  ['tdx', VERIFY, files, 'crl'],
  ['snp', VERIFY_SNP, snpFiles, 'crl'],
  ['nvidia', VERIFY_NVIDIA, nvidiaFiles, 'rim'],
  ['nvidia, several devices', VERIFY_NODE, nodeFiles, 'rim'],
  ['bundle', VERIFY_BUNDLE, bundleFiles, 'tcb-info'],
] as const;

it.each(VERBS)(
  'verify %s says which clock differs, and nothing where none does',
  async (...verb) => {
    const [, argv, given, kind] = verb;
    const run = async (...more: string[]) =>
      jsonOf(await postern([...argv, ...more, '--json'], given));
    expect(await run()).not.toHaveProperty('clocks');
    const same = await run('--at', `${kind}=2026-06-01T02:00:00+02:00`);
    expect(same).not.toHaveProperty('clocks');
    const other = await run('--at', `${kind}=2026-05-25`);
    expect(other['clocks']).toEqual({ [kind]: '2026-05-25T00:00:00Z' });
  },
);

it.each(VERBS)('verify %s has the notes of the text', async (_, argv, given) => {
  const { out } = await postern(argv, given);
  const printed = [...out.matchAll(/^note {2}(.*)$/gm)].map(([, text]) => text);
  const json = jsonOf(await postern([...argv, '--json'], given));
  expect(json['notes'] ?? []).toEqual(printed);
});

it('what is open says what has ended, and what is rejected says nothing of an end to come', async () => {
  const late = await postern(
    [...VERIFY, '--at', 'tcb-info=2026-07-01', '--at', 'crl=2026-05-30'],
    files,
  );
  expect(late.out).toContain('INDETERMINATE');
  expect(late.out).not.toContain('good until');
  const later = await postern([...VERIFY, '--at', '2026-07-01T00:00:00Z'].filter(once), files);
  expect(later.out).toContain(' · what it rests on ended 2026-06-19T10:16:03Z\n');
  const wrong = await postern([...VERIFY, '--report-data', '00ff'], files);
  expect(wrong.out).toContain('REJECT');
  expect(wrong.out).not.toMatch(/until|ended/);
});

/** Without the instant that the words have of themselves. */
function once(word: string, i: number, all: readonly string[]): boolean {
  const first = all.indexOf('--at');
  return first === all.lastIndexOf('--at') || (i !== first && i !== first + 1) || word === '';
}
