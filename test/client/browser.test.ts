import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toBase64 } from '../../src/core/encoding/base64.ts';
import {
  bundledForBrowsers,
  HAS_CHROMIUM,
  openChromium,
  sayWithoutChromium,
} from '../support/browser.ts';
import { type ClientBed, clientBed } from '../support/client/bed.ts';
import { GATEWAY, POOL } from '../support/client/gateway.ts';
import { LOG_KEY } from '../support/client/ledger.ts';
import type { Found, PageOptions } from '../support/client/page.ts';

const PAGE = new URL('../support/client/page.ts', import.meta.url);
const CSP = "default-src 'none'; script-src 'self'; connect-src 'self'";

let bed: ClientBed;
let bundle: string;
let server: Server;
let origin: string;
let folder: string;
let found = Promise.withResolvers<Found>();
const children: ChildProcess[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'postern-browser-'));
  bed = await clientBed();
  bundle = await bundledForBrowsers(PAGE);
  server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}, 120_000);

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  const body = Buffer.concat(parts);
  const answer = (type: string, text: string) =>
    response.writeHead(200, { 'content-type': type, 'content-security-policy': CSP }).end(text);
  if (request.url === '/found') {
    found.resolve(JSON.parse(body.toString()));
    return void answer('text/plain', '');
  }
  if (request.url === '/')
    return void answer('text/html', '<script type=module src=/page.js></script>');
  if (request.url === '/page.js') return void answer('text/javascript', bundle);
  if (request.url === '/page.json') return void answer('application/json', JSON.stringify(told()));
  const { method = 'GET', headers } = request;
  const relayed = await bed.gateway.fetch(`${GATEWAY}${request.url}`, {
    method,
    headers: headers as Record<string, string>,
    ...(body.length > 0 && { body }),
  });
  response.writeHead(relayed.status, Object.fromEntries(relayed.headers));
  if (relayed.body) Readable.fromWeb(relayed.body as never).pipe(response);
  else response.end();
}

function told(): PageOptions {
  const { tdx, snp, nvidia } = bed.machine.hardware.roots;
  return {
    policy: new TextDecoder().decode(bed.policy),
    verifierKey: LOG_KEY,
    pool: POOL,
    now: bed.gateway.now,
    roots: {
      tdx: toBase64(tdx),
      snp: toBase64(snp),
      device: toBase64(nvidia.device),
      rim: toBase64(nvidia.rim),
    },
  };
}

function run(start: () => ChildProcess): Promise<Found> {
  found = Promise.withResolvers<Found>();
  const child = start();
  children.push(child);
  child.on('error', found.reject);
  return found.promise;
}

const GOOD = { state: 'verified', evals: false, text: expect.stringMatching(/\[DONE\]\n\n$/) };

describe('the client, bundled for browsers', () => {
  it('imports nothing that a browser lacks', () => {
    expect(bundle).not.toMatch(/(?:from|import)\s*\(?["']node:/);
  });

  it('verifies, seals and opens where no code can be made from text', async () => {
    const file = join(folder, 'page.mjs');
    writeFileSync(file, bundle);
    const place = JSON.stringify(origin);
    const start = `globalThis.pageOrigin = ${place}; await import(${JSON.stringify(file)});`;
    const args = [
      '--disallow-code-generation-from-strings',
      '--input-type=module',
      '--eval',
      start,
    ];
    expect(await run(() => spawn(process.execPath, args, { stdio: 'ignore' }))).toEqual(GOOD);
  }, 120_000);

  it.skipIf(!HAS_CHROMIUM)(
    'does so in Chromium, under a policy without unsafe-eval',
    async () => {
      expect(await run(() => openChromium(origin, folder))).toEqual(GOOD);
    },
    180_000,
  );
});

sayWithoutChromium('the client');
