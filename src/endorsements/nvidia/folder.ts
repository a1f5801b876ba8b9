import { join } from 'node:path';
import { fromHex, toHex } from '../../core/bytes/hex.ts';
import { fromUtf8 } from '../../core/bytes/text.ts';
import { parseJson } from '../../core/encoding/json.ts';
import { JsonShape } from '../../core/encoding/json-shape.ts';
import { toPem } from '../../core/encoding/pem.ts';
import { formatTime } from '../../core/encoding/time.ts';
import { Fault } from '../../core/fault.ts';
import { namesIn, readSmallFile, writeSafely } from '../files.ts';
import type { NvidiaDocument } from './document.ts';
import { type NvidiaKey, nvidiaFileName, nvidiaKeyOfFileName } from './key.ts';
import type { NvidiaWant } from './want.ts';

const LARGEST_FILE = 1024 * 1024;

export type NvidiaFolderEntry = { readonly key: NvidiaKey; readonly path: string } & (
  | {
      readonly document: NvidiaDocument;
      /** PEM, beside an OCSP response: the certificate that it is about and its issuers. */
      readonly certificates: Uint8Array | undefined;
    }
  | { readonly fault: Fault }
);

/**
 * NVIDIA's endorsements on disk
 *
 * ```
 * <root>/nvidia/rims/<id>.xml
 *               ocsp/<serial>-<issuer key>.der
 *               ocsp/<serial>-<issuer key>.der.certificates.pem
 *               <any of these>.provenance.json   { "source": "https://…", "fetched_at": "2026-01-01T00:00:00Z", "nonce": "…" }
 * ```
 *
 * Manifests and responses are files that any tool can use and put there; `issuer key` is the
 * first 16 hex digits of the SHA-256 of the issuer's SubjectPublicKeyInfo. Where something came
 * from stands in a file beside it, which may be missing; a nonce there is one that the response
 * must carry. A response does not say in full whose certificate it is about: the certificates
 * beside it let it be checked without the device.
 */
export class NvidiaFolder {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  pathOf(key: NvidiaKey): string {
    return join(this.root, 'nvidia', nvidiaFileName(key));
  }

  /**
   * @returns undefined when there is no such file.
   * @throws Fault `malformed` for a damaged one, `unreachable` for one that can't be read.
   */
  async read(key: NvidiaKey): Promise<NvidiaDocument | undefined> {
    const path = this.pathOf(key);
    const bytes = await readSmallFile(path, LARGEST_FILE);
    return bytes && { bytes, ...(await readProvenance(path)) };
  }

  /** Resolves once the document survives a power cut. @throws Fault `unreachable`. */
  async write(want: NvidiaWant, { bytes, nonce, provenance }: NvidiaDocument): Promise<void> {
    const path = this.pathOf(want);
    if (want.kind === 'ocsp') {
      const pem = want.chain.map(({ der }) => toPem(der, 'CERTIFICATE')).join('');
      await writeSafely(certificatesPath(path), pem);
    }
    await writeSafely(path, bytes);
    if (provenance === undefined) return;
    const about = {
      source: provenance.source,
      fetched_at: formatTime(provenance.fetchedAt),
      ...(nonce && { nonce: toHex(nonce) }),
    };
    await writeSafely(provenancePath(path), `${JSON.stringify(about)}\n`);
  }

  /**
   * Every document, by file name; a damaged one is an entry with its fault. Files that are not
   * ours are passed over, and so is a folder without any of NVIDIA's.
   *
   * @throws Fault `unreachable`.
   */
  async list(): Promise<readonly NvidiaFolderEntry[]> {
    const entries: NvidiaFolderEntry[] = [];
    for (const folder of ['rims', 'ocsp']) {
      for (const name of await namesIn(join(this.root, 'nvidia', folder))) {
        const key = nvidiaKeyOfFileName(`${folder}/${name}`);
        const entry = key && (await this.#entry(key));
        if (entry) entries.push(entry);
      }
    }
    return entries;
  }

  async #entry(key: NvidiaKey): Promise<NvidiaFolderEntry | undefined> {
    const path = this.pathOf(key);
    try {
      const document = await this.read(key);
      if (document === undefined) return undefined; // gone between listing and reading
      const certificates = await readSmallFile(certificatesPath(path), LARGEST_FILE);
      return { key, path, document, certificates };
    } catch (error) {
      if (error instanceof Fault && error.code !== 'internal') return { key, path, fault: error };
      throw error;
    }
  }
}

function certificatesPath(path: string): string {
  return `${path}.certificates.pem`;
}

function provenancePath(path: string): string {
  return `${path}.provenance.json`;
}

async function readProvenance(path: string): Promise<Omit<NvidiaDocument, 'bytes'>> {
  const file = provenancePath(path);
  const bytes = await readSmallFile(file, LARGEST_FILE);
  if (bytes === undefined) return { provenance: undefined };
  const shape = new JsonShape(parseJson(fromUtf8(bytes, file), file).value, file);
  const provenance = { source: shape.string('source'), fetchedAt: shape.time('fetched_at') };
  if (!shape.has('nonce')) return { provenance };
  return { provenance, nonce: fromHex(shape.string('nonce'), `${file}.nonce`) };
}
