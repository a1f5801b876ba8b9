import { Fault, malformed } from '../core/fault.ts';
import { decodeEvidence } from './input.ts';
import { FORMATS, formatOf } from './inspect-formats.ts';
import { looksLikeVerifierKey } from './inspect-ledger.ts';
import { withoutZeroBlocks } from './inspect-zeros.ts';
import { printClaims, printJson } from './render.ts';
import type { Verb } from './verb.ts';

export const inspectVerb: Verb = {
  name: 'inspect',
  summary: 'Say what a file is, field by field. Nothing is verified.',
  operands: '<file>',
  arity: { min: 1, max: 1 },
  options: {},
  notes: [
    `Knows: ${FORMATS.map((format) => format.name).join('; ')}. Binary, hex or base64; - reads standard input.`,
    'What is printed is what the file claims. Only a verb that verifies says whether to believe it.',
  ],
  run: async (io, args) => {
    const path = args.operand(0);
    const file = await io.readFile(path);
    const bytes = looksLikeVerifierKey(file) ? file : decodeEvidence(file);
    if (bytes.length === 0) throw malformed(path, 'the file is empty');
    const format = formatOf(bytes);
    if (format === undefined) {
      throw new Fault('unsupported', path, 'none of the formats that postern inspect knows');
    }
    const claims = readClaims(() => format.claims(bytes), path);
    if (args.has('json')) {
      printJson(io, { format: format.name, size: bytes.length, claims });
    } else {
      io.out(`${format.name}, ${bytes.length} bytes\n\n`);
      printClaims(io, withoutZeroBlocks(claims));
    }
    return 0;
  },
};

/** The place inside the file stays in front: the path is known to whoever asked. */
function readClaims<T>(read: () => T, path: string): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof Fault) throw malformed(error.at, `${error.detail} (in ${path})`);
    throw error;
  }
}
