import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Packs what would be published, unpacks it beside its dependencies, and uses it as somebody
 * would who never saw the sources: the library by name, and the command on a fixture.
 */
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FIXTURES = join(ROOT, 'fixtures');

const USE_LIBRARY = `
  import { readFileSync } from 'node:fs';
  import { createPostern, PosternError } from 'postern/client';
  import { fileMemory } from 'postern/client/file-memory';
  import { attestedDispatcher } from 'postern/client/tls';
  import { parseVerifierKey, writeVerifierKey } from 'postern/ledger';
  import { appraise, compilePolicy, readPolicy } from 'postern/policy';
  import { anchorFromCertificate, bundleClocksAt, clocksAt, snpClocksAt, verifyBundle, verifySnp, verifyTdx } from 'postern';
  const read = (path) => new Uint8Array(readFileSync(process.env.FIXTURES + '/' + path));
  const now = Date.parse('2026-06-01T00:00:00Z');
  const tdx = verifyTdx({
    quote: read('tdx/quotes/valid-v4.bin'),
    collateral: read('tdx/collateral/valid.json'),
    anchors: [anchorFromCertificate(read('tdx/roots/simulator-root.der'), 'root')],
    at: clocksAt(now),
  });
  const snp = verifySnp({
    report: read('snp/milan/reports/valid-v5.bin'),
    vek: read('snp/milan/veks/valid-v5.der'),
    chain: [read('snp/milan/chains/valid-v5.der')],
    anchors: [anchorFromCertificate(read('snp/milan/simulator-root.der'), 'root')],
    at: snpClocksAt(now),
  });
  const root = (name) => [anchorFromCertificate(read('bundle/roots/' + name + '.der'), name)];
  const bundle = verifyBundle({
    bundle: read('bundle/bundles/bundle.json'),
    anchors: {
      tdx: root('intel-root'),
      snp: root('amd-root'),
      nvidia: { device: root('nvidia-root'), rim: root('rim-root') },
    },
    at: bundleClocksAt(now),
  });
  const demo = new URL('../policies/simulator-demo.yaml', import.meta.resolve('postern'));
  const policy = compilePolicy(readPolicy(new Uint8Array(readFileSync(demo))));
  const { reasons } = appraise(bundle, policy, now);
  if (reasons.map(({ code }) => code).join() !== 'policy.binding.challenge') {
    throw new Error('decision ' + JSON.stringify(reasons));
  }
  const key = 'example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx';
  if (writeVerifierKey(parseVerifierKey(key)) !== key) throw new Error('verifier key');
  const taken = { policy: { file: policy.read.canonical }, ledger: { verifierKey: key } };
  const refused = await createPostern({ gateway: 'http://gateway.example', ...taken }).catch((error) => error);
  if (!(refused instanceof PosternError) || refused.code !== 'candidates.usage') throw refused;
  const { nodes } = (await createPostern({ gateway: 'https://gateway.example', ...taken })).verification();
  if (nodes.length > 0 || (await fileMemory('nowhere').get('key')) !== undefined) throw new Error('client');
  const dispatcher = await attestedDispatcher({ gateway: 'https://gateway.example', pool: 'llm', ...taken });
  const plain = await fetch('http://127.0.0.1:8080/', { dispatcher }).catch(({ cause }) => cause);
  if (plain.code !== 'connect.usage') throw plain;
  for (const { evidence, verdict } of [tdx, snp, bundle]) {
    if (verdict !== 'accept') throw new Error(evidence + ' verdict ' + verdict);
  }
`;

/** Paths of all that somebody gets who installs the package, and of nothing else. */
function dependencies(): string[] {
  const list = execFileSync('npm', ['ls', '--omit=dev', '--all', '--parseable', '--silent'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  // A package nested in another comes along with it.
  return list
    .split('\n')
    .filter((path) =>
      /^\/node_modules\/(?!@postern|node-(linux|darwin|bin)-)(?!.*node_modules)/.test(
        path.slice(ROOT.length - 1),
      ),
    );
}

const folder = mkdtempSync(join(tmpdir(), 'postern-package-'));
try {
  const run = (file: string, args: readonly string[], cwd = folder) =>
    execFileSync(file, args, {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, FIXTURES },
    });
  run('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], ROOT);
  const [tarball = ''] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  const home = join(folder, 'node_modules', 'postern');
  mkdirSync(home, { recursive: true });
  run('tar', ['-xzf', tarball, '-C', home, '--strip-components', '1']);
  for (const path of dependencies()) {
    const target = join(folder, relative(ROOT, path));
    mkdirSync(dirname(target), { recursive: true });
    symlinkSync(path, target);
  }
  const files = run('tar', ['-tzf', tarball]).trim().split('\n');
  const stray = files.filter(
    (file) =>
      !/^package\/(dist\/|docs\/|policies\/|LICENSE$|README\.md$|package\.json$)/.test(file),
  );
  if (stray.length > 0 || files.length < 50) {
    throw new Error(`packed ${files.length} files, among them: ${stray.join(', ')}`);
  }
  for (const condition of ['node', 'postern-portable']) {
    run(process.execPath, ['-C', condition, '--input-type=module', '--eval', USE_LIBRARY]);
  }
  const postern = (...args: readonly string[]) =>
    run(process.execPath, [join(home, 'dist', 'cli', 'main.js'), ...args]);
  const root = (name: string) => join(FIXTURES, 'bundle', 'roots', `${name}.der`);
  const ledger = join(folder, 'ledger');
  postern(
    ...['verify', 'bundle', join(FIXTURES, 'bundle', 'bundles', 'bundle.json'), '--offline'],
    ...['--trust-anchor', root('intel-root'), '--amd-trust-anchor', root('amd-root')],
    ...['--nvidia-trust-anchor', root('nvidia-root'), '--rim-trust-anchor', root('rim-root')],
    ...['--at', '2026-06-01T00:00:00Z', '--record', ledger],
  );
  postern('audit', 'replay', ledger);
  postern('audit', 'fsck', ledger);
  const version = run(process.execPath, [join(home, 'dist', 'cli', 'main.js'), '--version']);
  process.stdout.write(
    `package ${version.trim()}: ${files.length} files, library and command work\n`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
