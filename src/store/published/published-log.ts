import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../../core/fault.ts';
import { HTTP_LIMITS, httpGet } from '../../endorsements/http.ts';
import { serviceUrl } from '../../endorsements/service-url.ts';
import { LARGEST_ENTRY } from '../../ledger/tiles/entry-bundle.ts';
import { TILE_WIDTH } from '../../ledger/tiles/tile.ts';
import { writeTilePath } from '../../ledger/tiles/tile-path.ts';
import { orFromFullTile, type TileReader } from '../../ledger/tiles/tile-reader.ts';
import { HASH_SIZE } from '../../ledger/tree/hash.ts';
import { CHECKPOINT } from './projection.ts';

/** A log as anybody can read it, from a folder or over HTTP. Nothing that it says is believed. */
export interface PublishedLog extends TileReader {
  /** Where it is, for people. */
  readonly place: string;
  /** @throws Fault `unreachable`. */
  readonly readCheckpoint: () => Promise<Uint8Array>;
  /** Of that width; of a log that dropped the part, all that the full bundle has. */
  readonly readEntries: (
    index: number,
    width: number,
  ) => Promise<{ readonly bytes: Uint8Array; readonly width: number }>;
}

/** In bytes; a bundle has 256 entries of at most 64 KiB each. */
const LARGEST = {
  checkpoint: 1_000_000,
  tile: TILE_WIDTH * HASH_SIZE,
  bundle: TILE_WIDTH * (LARGEST_ENTRY + 2),
};

type Read = (name: string, maxBytes: number) => Promise<Uint8Array>;

/** @param folder with a file `checkpoint`. */
export function folderLog(folder: string): PublishedLog {
  return publishedLog(folder, async (name, maxBytes) => {
    const path = join(folder, name);
    try {
      const bytes = new Uint8Array(await readFile(path));
      if (bytes.length <= maxBytes) return bytes;
    } catch (cause) {
      const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
      throw new Fault('unreachable', path, `can’t be read (${reason})`, { cause });
    }
    throw new Fault('malformed', path, `is larger than ${maxBytes} bytes`);
  });
}

/**
 * @param url of the log's prefix; https, or http in this machine's own network.
 * @throws Fault `usage` for another URL.
 */
export function httpLog(fetch: typeof globalThis.fetch, url: string): PublishedLog {
  const prefix = serviceUrl(url).href.replace(/\/$/, '');
  return publishedLog(prefix, async (name, maxBytes) => {
    const { body } = await httpGet(fetch, {
      url: `${prefix}/${name}`,
      limits: { ...HTTP_LIMITS, maxBytes },
    });
    return body;
  });
}

function publishedLog(place: string, read: Read): PublishedLog {
  const tiles = orFromFullTile({
    readTile: (level, index, width) => read(writeTilePath({ level, index, width }), LARGEST.tile),
  });
  return {
    place,
    readTile: tiles.readTile,
    readCheckpoint: () => read(CHECKPOINT, LARGEST.checkpoint),
    readEntries: async (index, width) => {
      const path = (of: number) => writeTilePath({ level: 'entries', index, width: of });
      try {
        return { bytes: await read(path(width), LARGEST.bundle), width };
      } catch (error) {
        if (width === TILE_WIDTH || !(error instanceof Fault) || error.code !== 'unreachable')
          throw error;
        const bytes = await read(path(TILE_WIDTH), LARGEST.bundle).catch(() => undefined);
        if (bytes === undefined) throw error;
        return { bytes, width: TILE_WIDTH };
      }
    },
  };
}
