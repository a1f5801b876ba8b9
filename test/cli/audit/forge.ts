import { readFileSync } from 'node:fs';
import { digestOf } from '../../../src/appraisal/policy/signing/canonical-document.ts';
import { openLedger, openWriter } from '../../../src/cli/audit/open-ledger.ts';
import type { Io } from '../../../src/cli/io.ts';
import { fromUtf8, utf8 } from '../../../src/core/bytes/text.ts';
import { canonicalJson } from '../../../src/core/encoding/jcs.ts';
import type { JsonValue } from '../../../src/core/encoding/json.ts';
import { audit, freshPath } from './ledgers.ts';

type Json = Record<string, JsonValue>;

/** An export taken apart. */
export interface Pieces {
  readonly index: number;
  readonly proof: string;
  readonly leaf: Json;
  readonly manifest: Json;
  readonly blobs: Readonly<Record<string, Uint8Array>>;
}

export function piecesOf(file: string): Pieces {
  const { index, proof, leaf, manifest, blobs } = JSON.parse(readFileSync(file, 'utf8'));
  const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));
  const json = (text: string) => JSON.parse(fromUtf8(bytes(text), 'json')) as Json;
  return {
    index,
    proof,
    leaf: json(leaf),
    manifest: json(manifest),
    blobs: Object.fromEntries(
      Object.entries<string>(blobs).map(([digest, text]) => [digest, bytes(text)]),
    ),
  };
}

/** Put together again as it is, true or not. */
export function exportOf({ index, proof, leaf, manifest, blobs }: Pieces): string {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  return canonicalJson({
    v: 1,
    index,
    proof,
    leaf: base64(utf8(canonicalJson(leaf))),
    manifest: base64(utf8(canonicalJson(manifest))),
    blobs: Object.fromEntries(
      Object.entries(blobs).map(([digest, bytes]) => [digest, base64(bytes)]),
    ),
  });
}

/** The leaf names the manifest that there is now: what whoever has the log's key can always do. */
export function named({ leaf, ...rest }: Pieces): Pieces {
  return { ...rest, leaf: { ...leaf, record: digestOf(utf8(canonicalJson(rest.manifest))) } };
}

/** An operator's own ledger, in which a decision is put down as its owner wants it to be. */
export async function putDown({ leaf, manifest, blobs }: Pieces): Promise<string> {
  const dir = freshPath();
  await audit(['audit', 'init', dir, '--origin', 'example.org/forger']);
  const ledger = await openLedger(IO, dir, 'this');
  const writer = await openWriter(IO, ledger);
  const bytes = utf8(canonicalJson(manifest));
  const all = [
    { digest: digestOf(bytes), bytes },
    ...Object.entries(blobs).map(([digest, blob]) => ({ digest, bytes: blob })),
  ];
  await writer.append({
    id: `${leaf['id']}`,
    entry: utf8(canonicalJson(leaf)),
    record: {
      at: Date.parse(`${leaf['time']}`),
      manifest: digestOf(bytes),
      uses: all.map(({ digest }) => digest),
    },
    blobs: all,
  });
  await ledger.projection.publish();
  await writer.close();
  await ledger.close();
  return dir;
}

const no = () => Promise.reject(new Error('not in this test'));

const IO: Io = {
  out: () => undefined,
  err: () => undefined,
  readFile: no,
  fetch: no,
  now: () => Date.UTC(2026, 5, 1),
  pause: no,
  randomBytes: () => new Uint8Array(),
  env: () => undefined,
  envNames: () => [],
  colours: false,
};
