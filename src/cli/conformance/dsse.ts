import { equalBytes } from '../../core/bytes/equal.ts';
import { toHex } from '../../core/bytes/hex.ts';
import { fromUtf8 } from '../../core/bytes/text.ts';
import { parseEnvelope, preAuthEncoding } from '../../core/encoding/dsse.ts';
import { verifyEnvelope } from '../../core/encoding/dsse-signatures.ts';
import { Fault } from '../../core/fault.ts';
import { parsePublicKeyPem } from '../../core/x509/public-key.ts';
import { CheckList } from '../../evidence/check-list.ts';
import { conclude } from '../../evidence/verdict.ts';
import type { Runner } from './runner.ts';

const CHECKS = {
  'dsse.envelope': { path: 'envelope' },
  'dsse.signatures': { path: 'envelope.signatures' },
  'dsse.pae': { path: 'pae' },
} as const;

const REQUIRED = new Set(Object.keys(CHECKS) as (keyof typeof CHECKS)[]);

/** An envelope that one key signed; `pae` is what it should have signed. */
export const dsseRunner: Runner = {
  name: 'DSSE envelope',
  reads: ['envelope', 'key', 'pae'],
  run: async (_, { file }) => {
    const checks = new CheckList(CHECKS);
    const key = parsePublicKeyPem(fromUtf8(await file('key'), 'key'), 'key');
    const [bytes, pae] = [await file('envelope'), await file('pae')];
    const envelope = checks.read('dsse.envelope', () => parseEnvelope(bytes, 'envelope'));
    const content = envelope && verifyEnvelope(envelope, [key], 1).content;
    if (envelope) {
      const problem = {
        want: 'signed by the key',
        got: `${envelope.signatures.length} signatures`,
      };
      checks.answer('dsse.signatures', content ? undefined : problem);
    }
    if (content) {
      const got = preAuthEncoding(content.payloadType, content.payload);
      const same = equalBytes(got, pae);
      checks.answer('dsse.pae', same ? undefined : { want: toHex(pae), got: toHex(got) });
    }
    return {
      verdict: conclude(checks.all, REQUIRED),
      authentic: content !== undefined,
      checks: checks.all,
      claims: content
        ? { payloadType: content.payloadType, payload: textOrHex(content.payload) }
        : {},
    };
  },
};

/** What is signed may be anything. */
function textOrHex(payload: Uint8Array): string {
  try {
    return fromUtf8(payload, 'payload');
  } catch (error) {
    if (error instanceof Fault && error.code === 'malformed') return toHex(payload);
    throw error;
  }
}
