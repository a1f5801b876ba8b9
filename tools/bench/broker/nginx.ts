import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Scratch } from '../ledger/scratch.ts';

/** Whether this machine has one. */
export function hasNginx(): boolean {
  return spawnSync('nginx', ['-v'], { stdio: 'ignore' }).status === 0;
}

/** One nginx process that passes on as we do: unbuffered, connections kept. @returns its URL. */
export async function nginxBefore(endpoint: string, scratch: Scratch): Promise<string> {
  const folder = scratch.path('nginx');
  mkdirSync(folder);
  const port = await freePort();
  const target = new URL('sealed', endpoint);
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, configuration(folder, port, target));
  const nginx = spawn('nginx', ['-p', folder, '-c', file, '-e', 'stderr'], { stdio: 'ignore' });
  scratch.onEnd(async () => {
    if (nginx.exitCode !== null) return;
    const gone = once(nginx, 'exit');
    nginx.kill();
    await gone;
  });
  while (!(await listens(port))) {
    if (nginx.exitCode !== null) throw new Error(`nginx ended with ${nginx.exitCode}`);
    await setTimeout(20);
  }
  return `http://127.0.0.1:${port}/`;
}

function configuration(folder: string, port: number, { host, pathname }: URL): string {
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `daemon off;
master_process off;
pid ${folder}/pid;
error_log stderr crit;
events { worker_connections 512; }
http {
  access_log off;
  ${kinds.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join('\n  ')}
  upstream agent { server ${host}; keepalive 16; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://agent${pathname};
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
      proxy_request_buffering off;
    }
  }
}
`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
