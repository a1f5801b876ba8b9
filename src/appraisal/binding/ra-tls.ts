import { DerReader } from '../../core/encoding/der.ts';
import { Fault } from '../../core/fault.ts';
import { parseTlsCertificate, type TlsCertificate } from './tls-certificate.ts';

/** What dstack's RA-TLS certificates carry, as it stands there. */
export interface RaTlsEvidence {
  readonly quote: Uint8Array;
  /** JSON of events, or its gzip behind `ELGZv1`; undefined when there is none. */
  readonly eventLog: Uint8Array | undefined;
}

const PATH = 'certificate';
const QUOTE = '1.3.6.1.4.1.62397.1.1';
const EVENT_LOG = '1.3.6.1.4.1.62397.1.2';
/** Quote and log together, in an encoding of dstack's own: instead of the two in newer ones. */
const ATTESTATION = '1.3.6.1.4.1.62397.1.8';

/**
 * Takes the TDX quote out of the certificate that it was made for; REPORT_DATA must then be
 * what the recipe `dstack-ra-tls` makes of that certificate. Inside of each extension is an
 * OCTET STRING (dstack, `ra-tls/src/cert.rs`). The answer does not change with the caller's
 * buffer.
 *
 * @throws Fault `malformed` at `certificate…`, `unsupported` when the quote is only there in
 *   dstack's newer encoding.
 */
export function raTlsQuote(certificateDer: Uint8Array): RaTlsEvidence {
  return quoteIn(parseTlsCertificate(certificateDer, PATH));
}

/** The same of a certificate that was read. */
export function quoteIn({ extensions }: TlsCertificate): RaTlsEvidence {
  const read = (oid: string): Uint8Array | undefined => {
    const value = extensions.get(oid);
    if (value === undefined) return undefined;
    const reader = new DerReader(value, `${PATH}.extensions.${oid}`);
    const content = reader.octetString('value');
    reader.end();
    return content.slice();
  };
  const quote = read(QUOTE);
  if (quote !== undefined) return { quote, eventLog: read(EVENT_LOG) };
  throw extensions.has(ATTESTATION)
    ? new Fault('unsupported', `${PATH}.extensions.${ATTESTATION}`, 'want the quote by itself')
    : new Fault('malformed', `${PATH}.extensions`, `no quote under ${QUOTE}`);
}
