/** Long enough for a kernel command line, short enough that a hostile log can't flood a report. */
const TEXT_LIMIT = 1024;

/**
 * Attacker-controlled text for a report or a terminal: printable ASCII stays, all else
 * (control characters, bidirectional overrides, look-alikes) becomes `\xNN` or `\uNNNN`.
 * Made to be read, not to be parsed back: a backslash stays as it is.
 */
export function printable(text: string): string {
  const escaped = text.slice(0, TEXT_LIMIT).replace(/[^ -~]/g, (unit) => {
    const code = unit.charCodeAt(0);
    const hex = code.toString(16);
    return code < 0x100 ? `\\x${hex.padStart(2, '0')}` : `\\u${hex.padStart(4, '0')}`;
  });
  return text.length > TEXT_LIMIT ? `${escaped}...` : escaped;
}

/** The same for bytes, taken as Latin-1 so that each byte shows as itself. */
export function printableBytes(bytes: Uint8Array): string {
  return printable(String.fromCharCode(...bytes.subarray(0, TEXT_LIMIT + 1)));
}

/** The same for UTF-16LE, as UEFI writes names; an odd last byte is left out. */
export function printableUtf16(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let text = '';
  for (let i = 0; i + 1 < bytes.length && text.length <= TEXT_LIMIT; i += 2) {
    text += String.fromCharCode(view.getUint16(i, true));
  }
  return printable(text);
}
