import { fromUtf8, utf8 } from '../../core/bytes/text.ts';
import { malformed } from '../../core/fault.ts';
import { blob, type Form, members, text as textOf } from './form.ts';

/*
 * Text that came from strangers may hold half a surrogate pair, which neither I-JSON nor UTF-8
 * can say, and which an answer may repeat. It is written as its UTF-16 units, big-endian.
 */

interface Units {
  readonly utf16: string;
}

const units = members<Units>({
  utf16: textOf(/^([0-9a-f]{4})+$/, 'UTF-16 units, four lower-case hex digits each'),
});

/** Any text at all, as it stands where JSON can say it. */
export const anyText: Form<string> = {
  write: (value, path, sink) =>
    value.isWellFormed() ? value : units.write({ utf16: unitsOf(value) }, path, sink),
  read: (value, path, source) => {
    if (typeof value === 'string') return value;
    return illFormed(units.read(value, path, source).utf16, path);
  },
};

interface UnitsBlob {
  readonly utf16: Uint8Array;
}

const unitsBlob = members<UnitsBlob>({ utf16: blob });

/** Text that is large, by the digest of its UTF-8. */
export const blobText: Form<string> = {
  write: (value, path, sink) =>
    value.isWellFormed()
      ? blob.write(utf8(value), path, sink)
      : unitsBlob.write({ utf16: utf8(unitsOf(value)) }, path, sink),
  read: (value, path, source) => {
    if (typeof value === 'string') return fromUtf8(blob.read(value, path, source), path);
    const { utf16 } = unitsBlob.read(value, path, source);
    return illFormed(fromUtf8(utf16, path), path);
  },
};

function unitsOf(text: string): string {
  return Array.from({ length: text.length }, (_, i) =>
    text.charCodeAt(i).toString(16).padStart(4, '0'),
  ).join('');
}

/** What could have been said as it is has no second form. */
function illFormed(hex: string, path: string): string {
  const found = hex.match(/[0-9a-f]{4}/g) ?? [];
  const text = String.fromCharCode(...found.map((unit) => Number.parseInt(unit, 16)));
  const absent = hex === ''; // bytes that nobody has looked for yet
  if (found.join('') === hex && (absent || !text.isWellFormed())) return text;
  throw malformed(path, 'want text that UTF-8 can’t hold');
}
