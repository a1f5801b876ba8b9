import { SealedFault } from '../fault.ts';
import { checkFields, fieldValue } from './fields.ts';
import type { RequestHead, ResponseHead } from './message.ts';

const CONTROL_DATA = {
  method: /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/,
  scheme: /^[a-z][a-z0-9+.-]*$/,
  // No user, and nothing that would end an authority.
  authority: /^[!$%&'()*+,\-.0-9:;=A-Z[\]_a-z~]*$/,
  // No blank and no fragment.
  path: /^(?:\/[!"$-~]*|\*)$/,
} as const;

/** @throws SealedFault `malformed` at `<path>.<part>`. */
export function checkRequestHead(head: RequestHead, path: string): void {
  for (const part of ['method', 'scheme', 'authority', 'path'] as const) {
    if (!CONTROL_DATA[part].test(head[part])) {
      throw new SealedFault('malformed', `${path}.${part}`, `not a ${part}`);
    }
  }
  if (head.path === '*' && head.method !== 'OPTIONS') {
    throw new SealedFault('malformed', `${path}.path`, 'a * that is not for OPTIONS');
  }
  checkFields(head.fields, `${path}.fields`);
  const host = fieldValue(head.fields, 'host');
  if (host !== undefined && head.authority !== '' && host !== head.authority) {
    throw new SealedFault('malformed', `${path}.fields`, 'host is another than the authority');
  }
}

/**
 * @param which `informational` for 100 to 199, but for 101, which changes a connection.
 * @throws SealedFault `malformed` at `<path>.<part>`.
 */
export function checkResponseHead(
  { status, fields }: ResponseHead,
  which: 'informational' | 'final',
  path: string,
): void {
  const [low, high] = which === 'final' ? [200, 599] : [100, 199];
  if (!Number.isInteger(status) || status < low || status > high || status === 101) {
    throw new SealedFault('malformed', `${path}.status`, `want ${low} to ${high}, got ${status}`);
  }
  checkFields(fields, `${path}.fields`);
}
