import { globSync, readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ModuleRecord, readModule } from './read-module.ts';

/**
 * The house, from the roof down: imports only go down, rooms on one line are strangers,
 * inside a room all is free. `a/` is a folder with all below it, `a/*` the files directly in it.
 */
const HOUSE: readonly (readonly string[])[] = [
  ['cli/'],
  ['store/'],
  ['gateway/http/', 'gateway/console/'],
  ['gateway/certificates/'],
  ['gateway/fleet/', 'gateway/broker/'],
  ['gateway/identity/'],
  ['gateway/*'],
  ['agent/', 'client/', 'simulator/'],
  ['endorsements/'],
  ['index.ts', 'policy.ts', 'ledger.ts'],
  ['ledger/'],
  ['protocol/'],
  ['appraisal/result/'],
  ['appraisal/appraise/'],
  ['appraisal/bundle/'],
  ['appraisal/*'],
  ['appraisal/corim/'],
  ['appraisal/policy/', 'appraisal/binding/'],
  ['sealed/'],
  ['evidence/tdx/', 'evidence/snp/', 'evidence/nvidia/', 'evidence/vtpm/'],
  ['evidence/*'],
  ['core/'],
];

/** No clock, no network, no disk, no environment, no `node:` module: the same in a browser. */
const PURE = [
  'index.ts',
  'policy.ts',
  'ledger.ts',
  'ledger/',
  'protocol/',
  'appraisal/',
  'sealed/',
  'evidence/',
  'core/',
];

/** The files of a pure room that may know Node: the rest of the world has `portable*.ts`. */
const NODE_ALLOWED: ReadonlySet<string> = new Set([
  'core/crypto/node.ts',
  'core/crypto/node-aead.ts',
  'core/crypto/node-kem.ts',
]);

/** Where each npm package may be imported; a package that is not listed, nowhere. */
const PACKAGE_HOMES: Readonly<Record<string, readonly string[]>> = {
  '@bufbuild/cel': ['appraisal/policy/cel/'],
  '@bufbuild/protobuf': ['appraisal/policy/cel/'],
  '@noble/ciphers': ['core/crypto/'],
  '@noble/curves': ['core/crypto/', 'simulator/'],
  '@noble/hashes': ['core/crypto/', 'simulator/'],
  '@noble/post-quantum': ['core/crypto/'],
  '@opentelemetry/api': ['gateway/'],
  '@peculiar/x509': ['agent/tls/', 'gateway/certificates/', 'simulator/'],
  '@scure/sr25519': ['core/crypto/'],
  fastify: ['gateway/http/'],
  jose: ['appraisal/result/'],
  'libsodium-wrappers': ['store/'],
  'node-forge': ['core/crypto/', 'simulator/'],
  'oxc-parser': [], // tools/ only
  pg: ['store/'],
  pino: ['gateway/http/'],
  'prom-client': ['gateway/http/'],
  typebox: [
    'core/document/',
    'appraisal/policy/',
    'protocol/',
    'agent/gateway/',
    'gateway/http/',
    'cli/agent/',
    'cli/config/',
    'cli/gateway/',
    'cli/nodes/',
  ],
  undici: ['client/tls/'],
  yaml: ['core/document/', 'cli/'],
};

/** Fewer modules than this is a check that looked in the wrong place. */
const FEWEST_MODULES = 30;

export type Rule =
  | 'syntax' // a file that the parser can't read is a file unchecked
  | 'other-code' // JavaScript or JSX beside the TypeScript would go unread
  | 'no-room' // a file outside of every room
  | 'unresolved' // an import of a file that is not there
  | 'computed' // an import whose target is known at run time only
  | 'upward' // from a room to one above it
  | 'stranger' // from a room to its neighbour on the same line
  | 'port' // past `#name`, straight to one of its implementations
  | 'node' // a `node:` module in a pure room
  | 'package' // an npm package outside of its homes
  | 'undeclared' // an npm package that whoever installs this one will not get
  | 'unused' // an npm package that they get for nothing
  | 'ambient' // clock, chance, process, network or console in a pure room
  | 'cycle'; // files that import each other, by whatever detour

export interface Violation {
  readonly rule: Rule;
  readonly file: string;
  readonly line: number;
  readonly problem: string;
}

export interface ImportReport {
  /** How many modules were read. */
  readonly modules: number;
  /** How many imports, re-exports and import types they have. */
  readonly imports: number;
  readonly violations: readonly Violation[];
}

/**
 * Holds every module against the house.
 *
 * @param files text by path: all of `src/`, and `package.json`.
 */
export function checkImports(files: ReadonlyMap<string, string>): ImportReport {
  const manifest = readManifest(files.get('package.json') ?? '{}');
  const house = new Inspection(files, manifest);
  for (const [file, text] of files) if (file.startsWith('src/')) house.file(file, text);
  house.cycles();
  house.unusedPackages();
  return house;
}

class Inspection implements ImportReport {
  modules = 0;
  imports = 0;
  readonly violations: Violation[] = [];
  readonly #files: ReadonlyMap<string, string>;
  readonly #manifest: Manifest;
  readonly #edges = new Map<string, string[]>();
  readonly #packages = new Set<string>();

  constructor(files: ReadonlyMap<string, string>, manifest: Manifest) {
    this.#files = files;
    this.#manifest = manifest;
  }

  file(file: string, text: string): void {
    if (!file.endsWith('.ts')) {
      if (/\.([cm]?[jt]s|[jt]sx)$/.test(file)) this.#report('other-code', file, 1, 'is not .ts');
      return;
    }
    const record = readModule(file, text);
    this.modules++;
    this.imports += record.imports.length;
    for (const error of record.syntaxErrors) this.#report('syntax', file, 1, error);
    if (roomOf(file) === undefined) this.#report('no-room', file, 1, 'is in no room of the house');
    this.#importsOf(file, record);
    if (isPure(file) && !NODE_ALLOWED.has(inSrc(file))) {
      for (const { name, line } of record.ambient) {
        this.#report('ambient', file, line, `uses ${name} in a pure room`);
      }
    }
  }

  cycles(): void {
    const open: string[] = [];
    const done = new Set<string>();
    const visit = (file: string): void => {
      if (done.has(file)) return;
      const since = open.indexOf(file);
      if (since >= 0) {
        const circle = [...open.slice(since), file].map(inSrc).join(' → ');
        this.#report('cycle', file, 1, circle);
        return;
      }
      open.push(file);
      for (const next of this.#edges.get(file) ?? []) visit(next);
      open.pop();
      done.add(file);
    };
    for (const file of this.#edges.keys()) visit(file);
  }

  unusedPackages(): void {
    for (const name of this.#manifest.dependencies) {
      if (!this.#packages.has(name)) {
        this.#report('unused', 'package.json', 1, `${name} is a dependency that nothing imports`);
      }
    }
  }

  #importsOf(file: string, record: ModuleRecord): void {
    const edges: string[] = [];
    this.#edges.set(file, edges);
    for (const { specifier, line } of record.imports) {
      if (specifier === undefined) {
        this.#report('computed', file, line, 'imports what only a run can tell');
      } else if (specifier.startsWith('node:')) {
        if (isPure(file) && !NODE_ALLOWED.has(inSrc(file))) {
          this.#report('node', file, line, `imports ${specifier} in a pure room`);
        }
      } else if (specifier.startsWith('.') || specifier.startsWith('#')) {
        const targets = this.#resolve(file, specifier);
        edges.push(...targets);
        if (targets.length === 0) {
          this.#report('unresolved', file, line, `imports ${specifier}, which is not there`);
        }
        this.#border(file, targets, line);
        if (!specifier.startsWith('#')) this.#port(file, targets, line);
      } else {
        this.#package(file, specifier, line);
      }
    }
  }

  /** A relative path is one file; `#name` is every implementation that package.json gives it. */
  #resolve(file: string, specifier: string): string[] {
    const targets = specifier.startsWith('#')
      ? (this.#manifest.ports.get(specifier) ?? [])
      : [posix.join(posix.dirname(file), specifier)];
    return targets.filter((target) => this.#files.has(target));
  }

  #border(file: string, targets: readonly string[], line: number): void {
    const from = roomOf(file);
    for (const target of targets) {
      const to = roomOf(target);
      if (from === undefined || to === undefined || from.name === to.name) continue;
      const problem = `${from.name} imports ${inSrc(target)}`;
      if (to.floor < from.floor) this.#report('upward', file, line, problem);
      if (to.floor === from.floor) this.#report('stranger', file, line, problem);
    }
  }

  #port(file: string, targets: readonly string[], line: number): void {
    for (const [name, implementations] of this.#manifest.ports) {
      for (const target of targets.filter((t) => implementations.includes(t))) {
        this.#report('port', file, line, `imports ${inSrc(target)}, which is reached as ${name}`);
      }
    }
  }

  #package(file: string, specifier: string, line: number): void {
    const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
    this.#packages.add(name);
    const homes = PACKAGE_HOMES[name] ?? [];
    if (!homes.some((home) => inSrc(file).startsWith(home))) {
      const where = homes.length > 0 ? homes.join(', ') : 'no room';
      this.#report('package', file, line, `imports ${name}, whose home is ${where}`);
    } else if (!this.#manifest.dependencies.has(name)) {
      this.#report('undeclared', file, line, `imports ${name}, which is no dependency`);
    }
  }

  #report(rule: Rule, file: string, line: number, problem: string): void {
    this.violations.push({ rule, file, line, problem });
  }
}

interface Room {
  readonly name: string;
  /** 0 is the roof. */
  readonly floor: number;
}

function roomOf(file: string): Room | undefined {
  const path = inSrc(file);
  for (const [floor, rooms] of HOUSE.entries()) {
    const name = rooms.find((room) => {
      if (room.endsWith('/')) return path.startsWith(room);
      return room === path || room === `${posix.dirname(path)}/*`;
    });
    if (name !== undefined) return { name, floor };
  }
  return undefined;
}

function isPure(file: string): boolean {
  return PURE.some((room) => inSrc(file).startsWith(room));
}

function inSrc(file: string): string {
  return file.slice('src/'.length);
}

interface Manifest {
  readonly dependencies: ReadonlySet<string>;
  /** `#name` to the source files that stand behind it under one condition or another. */
  readonly ports: ReadonlyMap<string, readonly string[]>;
}

function readManifest(text: string): Manifest {
  const { dependencies = {}, imports = {} } = JSON.parse(text) as {
    dependencies?: Record<string, string>;
    imports?: Record<string, unknown>;
  };
  const ports = Object.entries(imports).map(
    ([name, target]) => [name, [...new Set(sourcesIn(target))]] as const,
  );
  return { dependencies: new Set(Object.keys(dependencies)), ports: new Map(ports) };
}

function sourcesIn(target: unknown): string[] {
  if (typeof target === 'string') return target.startsWith('./src/') ? [target.slice(2)] : [];
  return typeof target === 'object' && target !== null
    ? Object.values(target).flatMap(sourcesIn)
    : [];
}

/** @param root folder of a checkout, with a slash behind. */
function main(root: string): number {
  const sources = readdirSync(`${root}src`, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(root.length));
  const files = new Map(
    ['package.json', ...sources.sort()].map((file) => [file, readFileSync(root + file, 'utf8')]),
  );
  const { modules, imports, violations } = checkImports(files);
  for (const { rule, file, line, problem } of violations) {
    process.stderr.write(`${file}:${line} ${rule}: ${problem}\n`);
  }
  process.stdout.write(`${modules} modules, ${imports} imports, ${violations.length} violations\n`);
  const onDisk = globSync('src/**/*.ts', { cwd: root }).length;
  if (modules !== onDisk || modules < FEWEST_MODULES || imports === 0) {
    process.stderr.write(
      `saw ${modules} modules and ${imports} imports, but ${onDisk} .ts files are on disk\n`,
    );
    return 1;
  }
  return violations.length > 0 ? 1 : 0;
}

if (import.meta.main) {
  process.exitCode = main(process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url)));
}
