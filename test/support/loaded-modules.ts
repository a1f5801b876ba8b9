import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A checkout may be in a folder of any name. */
const ROOT = new URL('../../', import.meta.url);
const MAIN = fileURLToPath(new URL('src/cli/main.ts', ROOT));

/** Writes what a process has loaded to stderr, when it ends. */
const LISTING = `data:text/javascript,${encodeURIComponent(`
import { registerHooks } from 'node:module';
const urls = new Set();
registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context);
    urls.add(found.url);
    return found;
  },
});
process.on('exit', () => process.stderr.write(JSON.stringify([...urls])));
`)}`;

export interface Loading {
  readonly exit: number;
  readonly out: string;
  /** Addresses of modules, those of this project from its root on. */
  readonly loaded: readonly string[];
}

/** The command as a process of its own, in a folder. */
export function loading(argv: readonly string[], cwd?: string): Promise<Loading> {
  const node = ['-C', 'postern-src', '--import', LISTING, MAIN, ...argv];
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, node, { cwd }, (_, out, err) => {
      try {
        const urls: readonly string[] = JSON.parse(err.slice(err.indexOf('["')));
        const loaded = urls.map((url) => url.replace(ROOT.href, '/'));
        resolve({ exit: child.exitCode ?? -1, out, loaded });
      } catch {
        reject(new Error(err));
      }
    });
  });
}
