import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { SEED } from '../effort.ts';

const PROGRAM = fileURLToPath(new URL('answers.ts', import.meta.url));
const INPUTS = 500;

async function answersUnder(...conditions: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...conditions.flatMap((name) => ['-C', name]), PROGRAM, `${SEED}`, `${INPUTS}`],
    { maxBuffer: 2 ** 28 },
  );
  return stdout.trim().split('\n');
}

it(`both crypto implementations say the same of SNP evidence, word for word (seed ${SEED})`, async () => {
  const [node, portable] = await Promise.all([
    answersUnder('postern-src'),
    answersUnder('postern-src', 'postern-portable'),
  ]);
  expect(node).toHaveLength(INPUTS);
  for (const [i, answer] of node.entries()) expect(portable[i], `input ${i}`).toBe(answer);
  expect(node.filter((answer) => answer.includes('"verdict":"accept"')).length).toBeGreaterThan(20);
});
