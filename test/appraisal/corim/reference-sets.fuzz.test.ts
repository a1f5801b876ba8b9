import { expect } from 'vitest';
import { corimReferenceSets } from '../../../src/appraisal/corim/reference-sets.ts';
import { CborTag } from '../../../src/core/encoding/cbor-value.ts';
import { Fault } from '../../../src/core/fault.ts';
import {
  comid,
  corim,
  environment,
  mapOf,
  measured,
  raw,
  sha384,
  signedCorim,
  uri,
} from '../../support/corim.ts';
import { coseSigner } from '../../support/cose.ts';
import { damaged, fuzz } from '../../support/fuzz.ts';

const signer = coseSigner('p256');
const td = environment('Intel Corporation', 'TDX');
const guest = environment('AMD', 'SEV-SNP');
const tdx = corim({
  validity: [1, 2],
  profile: new CborTag(111, Uint8Array.of(0x2a, 3)),
  tags: [
    comid({
      references: [
        [
          td,
          measured('mrtd', { 2: sha384('a') }),
          measured(undefined, { 14: mapOf(['rtmr0', sha384('0')]) }),
        ],
        [td, measured('mrtd', { 4: raw('b', 48) }), measured('rtmr0', { 2: sha384('c') })],
      ],
      otherTriples: [[1, []]],
    }),
  ],
});
const snp = corim({
  profile: uri('tag:amd.com,2024:snp-corim-profile'),
  tags: [
    comid({
      references: [
        [
          guest,
          measured(641, { 2: sha384('a') }),
          measured(0, { 1: new CborTag(553, 7), 0: mapOf([0, 'x']) }),
        ],
      ],
    }),
  ],
});
const device = corim({
  tags: [comid({ references: [[environment('NVIDIA', 'CX7'), measured(2, { 2: sha384('a') })]] })],
});
const unsigned = [tdx, snp, device];

function refused(parse: () => unknown): boolean {
  try {
    parse();
    return false;
  } catch (error) {
    if (error instanceof Fault && ['malformed', 'unsupported'].includes(error.code)) return true;
    throw error;
  }
}

fuzz(
  'a CoRIM is read or refused, and what is read are drafts',
  damaged(...unsigned, signedCorim(tdx, signer)),
  (bytes) => {
    let found: ReturnType<typeof corimReferenceSets> | undefined;
    refused(() => {
      found = corimReferenceSets(bytes, { now: 0, tdxRegisterNumbers: 'rtmr' });
    });
    for (const set of [...(found?.tdx ?? []), ...(found?.snp ?? [])]) {
      expect(set.lifecycle).toEqual({ state: 'draft' });
      expect(set.provenance?.kind).toBe('observed');
      for (const [name, value] of Object.entries(set)) {
        if (['id', 'lifecycle', 'provenance', 'minGuestSvn'].includes(name)) continue;
        if (typeof value === 'string')
          expect(value).toMatch(/^([0-9a-f]{96}|[0-9a-f]{64}|[0-9a-f]{32})$/);
        else expect(value).toHaveProperty('skip');
      }
    }
  },
);

const signed = signedCorim(tdx, signer);
const original = corimReferenceSets(signed, { now: 0, publicKey: signer.pem });

fuzz('a signed CoRIM verifies as it was signed or not at all', damaged(signed), (bytes) => {
  if (Buffer.compare(bytes, signed) === 0) return;
  refused(() => {
    const found = corimReferenceSets(bytes, { now: 0, publicKey: signer.pem });
    // The unprotected header and tags around it are nobody's promise; what was signed is the same.
    expect(found.tdx.map(({ mrTd, rtmr0 }) => [mrTd, rtmr0])).toEqual(
      original.tdx.map(({ mrTd, rtmr0 }) => [mrTd, rtmr0]),
    );
    expect(found.notImported).toEqual(original.notImported);
  });
});
