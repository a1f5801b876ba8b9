import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { checkImports, type Rule } from '../../tools/check-imports.ts';

const manifest = {
  dependencies: { '@noble/hashes': '1' },
  imports: {
    '#crypto': {
      'postern-src': {
        node: './src/core/crypto/node.ts',
        default: './src/core/crypto/portable.ts',
      },
      default: './dist/core/crypto/portable.js',
    },
  },
};

/** A small house in order; the tests put one thing into it that is not. */
const house: Readonly<Record<string, string>> = {
  'package.json': JSON.stringify(manifest),
  'core/fault.ts': 'export const fault = 1;',
  'core/crypto/node.ts': "import { hash } from 'node:crypto'; export const h = Buffer.from(hash);",
  'core/crypto/portable.ts': "export { sha256 } from '@noble/hashes/sha2.js';",
  'core/x509/chain.ts': "import { h } from '#crypto'; import { fault } from '../fault.ts';",
  'evidence/verdict.ts': "import type { fault } from '../core/fault.ts';",
  'evidence/tdx/quote.ts': "import { a } from '../verdict.ts'; import '../../core/fault.ts';",
  'evidence/snp/report.ts': "export * from '../verdict.ts';",
  'appraisal/policy/read.ts': "import '../../evidence/tdx/quote.ts';",
  'appraisal/appraise.ts': "import './policy/read.ts';",
  'agent/serve.ts': "import { createServer } from 'node:http'; process.exit(Date.now());",
  'simulator/make.ts': "import { sha256 } from '@noble/hashes/sha2.js'; await import('node:fs');",
  'cli/main.ts': "import '../simulator/make.ts'; import '../agent/serve.ts'; console.log(1);",
  'index.ts': "export * from './appraisal/appraise.ts';",
};

function check(changes: Readonly<Record<string, string>> = {}) {
  const files = Object.entries({ ...house, ...changes }).map(
    ([path, text]) => [path === 'package.json' ? path : `src/${path}`, text] as const,
  );
  return checkImports(new Map(files));
}

it('finds nothing wrong with a house in order, and counts what it saw', () => {
  expect(check()).toMatchObject({ modules: 13, imports: 16, violations: [] });
});

type Case = [name: string, rule: Rule, changes: Record<string, string>, at: string];

describe('each rule alone', () => {
  it.each<Case>([
    ['a parse error', 'syntax', { 'core/fault.ts': 'export const = 1;' }, 'src/core/fault.ts:1'],
    ['JavaScript', 'other-code', { 'core/old.js': 'x' }, 'src/core/old.js:1'],
    ['a file outside', 'no-room', { 'deps.ts': '' }, 'src/deps.ts:1'],
    ['an unknown room', 'no-room', { 'attic/box.ts': '' }, 'src/attic/box.ts:1'],
    [
      'a folder of evidence that the house does not know',
      'no-room',
      { 'evidence/sgx/quote.ts': '' },
      'src/evidence/sgx/quote.ts:1',
    ],
    [
      'a file that is not there',
      'unresolved',
      { 'core/fault.ts': "import './gone.ts';" },
      'src/core/fault.ts:1',
    ],
    [
      'a file by its name after the build',
      'unresolved',
      { 'core/a.ts': "import './fault.js';" },
      'src/core/a.ts:1',
    ],
    [
      'a port that package.json does not have',
      'unresolved',
      { 'core/fault.ts': "import '#clock';" },
      'src/core/fault.ts:1',
    ],
    [
      'a file outside of src',
      'unresolved',
      { 'core/a.ts': "import '../../test/pki.ts';" },
      'src/core/a.ts:1',
    ],
    [
      'a computed import',
      'computed',
      { 'cli/a.ts': "\nawait import('./' + verb);" },
      'src/cli/a.ts:2',
    ],
    [
      'a template for an import',
      'computed',
      { 'cli/a.ts': 'await import(`./main.ts`);' },
      'src/cli/a.ts:1',
    ],
    [
      'core that imports evidence',
      'upward',
      { 'core/a.ts': "import '../evidence/verdict.ts';" },
      'src/core/a.ts:1',
    ],
    [
      'an upward import of a type',
      'upward',
      { 'core/a.ts': "\n\nimport type { V } from '../evidence/verdict.ts';" },
      'src/core/a.ts:3',
    ],
    [
      'an upward re-export',
      'upward',
      { 'core/a.ts': "export { v, w } from '../evidence/verdict.ts';" },
      'src/core/a.ts:1',
    ],
    [
      'an upward dynamic import',
      'upward',
      { 'core/a.ts': "export const v = () => import('../evidence/verdict.ts');" },
      'src/core/a.ts:1',
    ],
    [
      'an upward import type',
      'upward',
      { 'core/a.ts': "export type V = import('../evidence/verdict.ts').Verdict;" },
      'src/core/a.ts:1',
    ],
    [
      'what evidence shares that imports one kind',
      'upward',
      { 'evidence/a.ts': "import './tdx/quote.ts';" },
      'src/evidence/a.ts:1',
    ],
    [
      'a room that imports the package’s own entry',
      'upward',
      { 'evidence/a.ts': "import '../index.ts';" },
      'src/evidence/a.ts:1',
    ],
    [
      'one kind of evidence that imports another',
      'stranger',
      { 'evidence/tdx/a.ts': "import '../snp/report.ts';" },
      'src/evidence/tdx/a.ts:1',
    ],
    [
      'the agent that imports the simulator',
      'stranger',
      { 'agent/a.ts': "import '../simulator/make.ts';" },
      'src/agent/a.ts:1',
    ],
    [
      'the pages that import the routes',
      'stranger',
      { 'gateway/console/a.ts': "import '../http/b.ts';", 'gateway/http/b.ts': '' },
      'src/gateway/console/a.ts:1',
    ],
    [
      'an implementation of the crypto port by its path',
      'port',
      { 'cli/a.ts': "import '../core/crypto/node.ts';" },
      'src/cli/a.ts:1',
    ],
    [
      'node: in a pure room',
      'node',
      { 'evidence/tdx/a.ts': "import { readFileSync } from 'node:fs';" },
      'src/evidence/tdx/a.ts:1',
    ],
    [
      'a type of node: in the package’s own entry',
      'node',
      { 'index.ts': "import type { Server } from 'node:http';" },
      'src/index.ts:1',
    ],
    [
      'a package outside of its homes',
      'package',
      { 'evidence/tdx/a.ts': "import { sha256 } from '@noble/hashes/sha2.js';" },
      'src/evidence/tdx/a.ts:1',
    ],
    ['a package without a home', 'package', { 'cli/a.ts': "import 'chalk/x';" }, 'src/cli/a.ts:1'],
    ['a builtin without its node:', 'package', { 'cli/a.ts': "import 'fs';" }, 'src/cli/a.ts:1'],
    ['a tool in the product', 'package', { 'cli/a.ts': "import 'oxc-parser';" }, 'src/cli/a.ts:1'],
    [
      'a package that is for development only',
      'undeclared',
      { 'simulator/a.ts': "import '@peculiar/x509';" },
      'src/simulator/a.ts:1',
    ],
    [
      'a dependency that nothing imports',
      'unused',
      {
        'package.json': JSON.stringify({
          ...manifest,
          dependencies: { '@noble/hashes': '1', yaml: '1' },
        }),
      },
      'package.json:1',
    ],
    [
      'two files that import each other',
      'cycle',
      { 'core/a.ts': "import './b.ts';", 'core/b.ts': "import type { A } from './a.ts';" },
      'src/core/a.ts:1',
    ],
    [
      'a cycle by way of the crypto port',
      'cycle',
      { 'core/crypto/portable.ts': "import '@noble/hashes/sha2.js'; import '../x509/chain.ts';" },
      'src/core/crypto/portable.ts:1',
    ],
    ['a file that imports itself', 'cycle', { 'core/a.ts': "import './a.ts';" }, 'src/core/a.ts:1'],
  ])('%s (%s)', (_name, rule, changes, at) => {
    const found = check(changes).violations.map((v) => [v.rule, `${v.file}:${v.line}`]);
    expect(found).toEqual([[rule, at]]);
  });
});

describe('pure rooms use nothing ambient', () => {
  it.each([
    ['process', 'export const home = process.env.HOME;'],
    ['process', 'const { process } = input;'],
    ['console', 'console.log(1);'],
    ['Buffer', "Buffer.from('x');"],
    ['Buffer', 'export function f(b: Buffer) {}'],
    ['fetch', "await fetch('x');"],
    ['fetch', 'export type F = typeof fetch;'],
    ['crypto', 'crypto.getRandomValues(a);'],
    ['setTimeout', 'setTimeout(f, 1);'],
    ['performance', 'performance.now();'],
    ['globalThis', "globalThis['process'];"],
    ['eval', "eval('1');"],
    ['Function', "new Function('return 1');"],
    ['Date.now', 'const a = Date.now();'],
    ['Date.now', 'const a = { now: Date.now };'],
    ['Date', 'const a = new Date();'],
    ['Date', 'const a = new Date(...none);'],
    ['Date', 'const a = Date();'],
    ['Date', 'const { now } = Date;'],
    ['Date', "Date['now']();"],
    ['Math.random', 'Math.random();'],
    ['Math', 'const { random } = Math;'],
    ['Math', "Math['random']();"],
  ])('%s: %s', (name, text) => {
    expect(check({ 'ledger/a.ts': `\n${text}` }).violations).toEqual([
      { rule: 'ambient', file: 'src/ledger/a.ts', line: 2, problem: `uses ${name} in a pure room` },
    ]);
  });

  it.each([
    ['clocks of a given time', 'new Date(ms).toISOString(); Date.UTC(2026, 0); Date.parse(text);'],
    ['the type of a date', 'export function f(date: Date): Date { return date; }'],
    ['other mathematics', 'Math.max(1, Math.floor(x));'],
    ['names behind a dot', 'deps.fetch(input.process, a.b.console);'],
    [
      'names of members',
      'export interface D { fetch: 1; process(): void } const d = { fetch: 1 };',
    ],
    ['names of methods', 'class A { process() {} #console = 1; static eval = 2; }'],
    ['names that only begin so', 'const processed = consoleWidth + fetchAll;'],
    ['words in strings and comments', "const a = 'process'; // Date.now() and console"],
    [
      'outer names of imports',
      "import { fetch as load } from '../core/fault.ts'; export { load as fetch };",
    ],
  ])('but may have %s', (_name, text) => {
    expect(check({ 'ledger/a.ts': text }).violations).toEqual([]);
  });
});

describe('the command', () => {
  const root = mkdtempSync(join(tmpdir(), 'postern-house-'));
  afterAll(() => rmSync(root, { recursive: true }));
  const tool = fileURLToPath(new URL('../../tools/check-imports.ts', import.meta.url));
  const run = (name: string, modules: number, last = '') => {
    const folder = join(root, name);
    mkdirSync(join(folder, 'src/core'), { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{}');
    for (let i = 0; i < modules; i++) {
      const text = i === modules - 1 ? last : `import './m${i + 1}.ts';`;
      writeFileSync(join(folder, `src/core/m${i}.ts`), text);
    }
    const { status, stdout, stderr } = spawnSync(process.execPath, [tool, `${folder}/`], {
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  };

  it('is content with thirty modules in order', () => {
    expect(run('good', 30)).toEqual({
      status: 0,
      stdout: '30 modules, 29 imports, 0 violations\n',
      stderr: '',
    });
  });

  it('never goes green on nothing', () => {
    expect(run('empty', 0)).toMatchObject({
      status: 1,
      stdout: '0 modules, 0 imports, 0 violations\n',
      stderr: 'saw 0 modules and 0 imports, but 0 .ts files are on disk\n',
    });
  });

  it('nor on too little', () => {
    expect(run('small', 29)).toMatchObject({ status: 1 });
  });

  it('says where a violation is', () => {
    expect(run('clock', 40, '\nDate.now();')).toEqual({
      status: 1,
      stdout: '40 modules, 39 imports, 1 violations\n',
      stderr: 'src/core/m39.ts:2 ambient: uses Date.now in a pure room\n',
    });
  });
});
