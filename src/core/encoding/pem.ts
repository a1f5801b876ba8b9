import { malformed } from '../fault.ts';
import { fromBase64, toBase64 } from './base64.ts';

/**
 * Every block of one label, in order (RFC 7468, strict body: base64 in lines, nothing else).
 * White space may stand between blocks; any other text is refused, since a reader that
 * skips what it does not know can be made to skip a certificate.
 */
export function fromPem(text: string, label: string, at: string): Uint8Array[] {
  const begin = `-----BEGIN ${label}-----`;
  const end = `-----END ${label}-----`;
  const blocks: Uint8Array[] = [];
  let position = 0;
  for (;;) {
    const start = text.indexOf(begin, position);
    const between = text.slice(position, start < 0 ? text.length : start);
    // Not trim(): to it a byte order mark is white space as well.
    if (/[^\r\n\t ]/.test(between)) {
      throw malformed(at, `text that is not a ${label} PEM block at character ${position}`);
    }
    if (start < 0) return blocks;
    const stop = text.indexOf(end, start);
    const here = `${at}[${blocks.length}]`;
    if (stop < 0) throw malformed(here, 'PEM block without its end line');
    const body = text.slice(start + begin.length, stop).replace(/[\r\n\t ]/g, '');
    if (body === '') throw malformed(here, 'empty PEM block');
    blocks.push(fromBase64(body, here));
    position = stop + end.length;
  }
}

export function toPem(der: Uint8Array, label: string): string {
  const lines = toBase64(der).match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
