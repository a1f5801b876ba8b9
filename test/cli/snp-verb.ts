import type { Io } from '../../src/cli/io.ts';
import { Args, type Verb } from '../../src/cli/verb.ts';
import { utf8 } from '../../src/core/bytes/text.ts';
import { FAULTS, Fault } from '../../src/core/fault.ts';
import type { Files, Ran } from './fake-io.ts';

/** Runs one verb over files in memory, without the words that call it. */
export async function runVerb(verb: Verb, argv: readonly string[], files: Files): Promise<Ran> {
  let out = '';
  let err = '';
  // All that these verbs use of the process.
  const io: Pick<Io, 'out' | 'err' | 'readFile' | 'colours'> = {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    readFile: async (path) => {
      const file = Object.hasOwn(files, path) ? files[path] : undefined;
      if (file === undefined) throw new Fault('unreachable', path, 'can’t be read');
      return typeof file === 'string' ? utf8(file) : file;
    },
    colours: false,
  };
  try {
    return { exit: await verb.run(io as Io, new Args(verb, argv)), out, err };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { exit: FAULTS[error.code].exit, out, err: err + error.message };
  }
}

interface ReportFields {
  readonly measurement?: Uint8Array;
  readonly idKeyDigest?: Uint8Array;
  readonly authorKeyDigest?: Uint8Array;
  /** KEY_INFO; bit 0 is AUTHOR_KEY_EN. */
  readonly keyInfo?: number;
  readonly policy?: bigint;
  readonly guestSvn?: number;
}

/** An unsigned report of version 5 that says this and nothing else. */
export function reportOf(fields: ReportFields): Uint8Array {
  const { measurement, idKeyDigest, authorKeyDigest } = fields;
  const report = new Uint8Array(1184);
  const view = new DataView(report.buffer);
  view.setUint32(0, 5, true);
  view.setUint32(4, fields.guestSvn ?? 0, true);
  view.setBigUint64(8, fields.policy ?? 0x30000n, true);
  view.setUint32(0x48, fields.keyInfo ?? 0, true);
  if (measurement) report.set(measurement, 0x90);
  if (idKeyDigest) report.set(idKeyDigest, 0xe0);
  if (authorKeyDigest) report.set(authorKeyDigest, 0x110);
  return report;
}
