import { spawn } from 'node:child_process';
import {
  cpSync,
  globSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Mutant, mutantsOf } from './mutants.ts';

/**
 * Does any test notice? Each mutant of the chosen files is put into a copy of the checkout, and
 * the chosen tests run until one fails. Prints the score, and every mutant that survives.
 *
 *     npm run mutate -- --files 'src/appraisal/appraise/*.ts' --tests test/appraisal/appraise
 */
const USAGE =
  'usage: npm run mutate -- --files <glob>… --tests <path>… [--one-in <n>] [--minutes <n>] [--workers <n>]';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Several times what the tests take; a mutant that hangs is noticed by that. */
const LONGEST_RUN_MS = 120_000;
const COPIED = ['src', 'test', 'tools', 'policies', 'fixtures', 'package.json', 'tsconfig.json'];

interface Job extends Mutant {
  readonly file: string;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      files: { type: 'string', multiple: true },
      tests: { type: 'string', multiple: true },
      'one-in': { type: 'string', default: '1' },
      minutes: { type: 'string', default: '60' },
      workers: { type: 'string', default: `${availableParallelism()}` },
    },
  });
  const { files = [], tests = [] } = values;
  const sources = files.flatMap((pattern) => globSync(pattern, { cwd: ROOT })).toSorted();
  if (sources.length === 0 || tests.length === 0) {
    process.stderr.write(`${USAGE}\n`);
    return 64;
  }
  const every = Number(values['one-in']);
  const jobs = sources
    .flatMap((file) =>
      mutantsOf(file, readFileSync(join(ROOT, file), 'utf8')).map(
        (mutant): Job => ({ ...mutant, file }),
      ),
    )
    .filter((_, i) => i % every === 0);
  const end = Date.now() + Number(values.minutes) * 60_000;
  const survivors: Job[] = [];
  let done = 0;
  const queue = [...jobs];
  const work = async (): Promise<void> => {
    const copy = makeCopy();
    try {
      if (!(await passes(copy, tests))) throw new Error('the tests fail without any mutant');
      for (let job = queue.shift(); job && Date.now() < end; job = queue.shift()) {
        const original = readFileSync(join(copy, job.file), 'utf8');
        writeFileSync(
          join(copy, job.file),
          original.slice(0, job.start) + job.text + original.slice(job.end),
        );
        if (await passes(copy, tests)) {
          survivors.push(job);
          process.stdout.write(`survives  ${job.file}:${job.line}  ${job.kind}\n`);
        }
        writeFileSync(join(copy, job.file), original);
        done++;
      }
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
  };
  await Promise.all(Array.from({ length: Number(values.workers) }, work));
  const killed = done - survivors.length;
  const score = done === 0 ? 0 : Math.round((1000 * killed) / done) / 10;
  process.stdout.write(
    `${killed} of ${done} mutants noticed (${score} %); ${jobs.length} chosen in ${sources.length} files\n`,
  );
  return 0;
}

function makeCopy(): string {
  const copy = mkdtempSync(join(tmpdir(), 'postern-mutants-'));
  for (const name of COPIED) cpSync(join(ROOT, name), join(copy, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

function passes(copy: string, tests: readonly string[]): Promise<boolean> {
  const args = ['--config', 'test/vitest.config.ts', '--project', 'node', '--bail', '1', ...tests];
  const child = spawn(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', 'run', ...args, '--maxWorkers', '1'],
    { cwd: copy, stdio: 'ignore', timeout: LONGEST_RUN_MS, killSignal: 'SIGKILL' },
  );
  return new Promise((resolve) => {
    child.on('exit', (code) => resolve(code === 0));
  });
}

process.exitCode = await main();
