import { expect, it } from 'vitest';
import { readCorim } from '../../../src/appraisal/corim/corim.ts';
import { corimReferenceSets } from '../../../src/appraisal/corim/reference-sets.ts';
import { decodeCbor } from '../../../src/core/encoding/cbor.ts';
import { encodeCbor } from '../../../src/core/encoding/cbor-encode.ts';
import { CborTag } from '../../../src/core/encoding/cbor-value.ts';
import { mapOf, signedCorim } from '../../support/corim.ts';
import { coseSigner } from '../../support/cose.ts';
import { hex } from '../../support/hex.ts';

/** Intel's manifest of a firmware release for Agilex FPGAs, as its FPGA tooling is tested with it. */
const INTEL = hex(
  'D901F5A4005051AC25B8DC58405CB4C94772120BA68A0181D901FA590126A301A100504714D26D0E044CD8BEE14EB53541B883028' +
    '1A200714669726D77617265206D616E696665737402810004A2008282A100A40169696E74656C2E636F6D02664167696C65' +
    '780300040081A101A201D9022800028182075830302E69BA6E3FAC340A57561234E88BFEB2FE373BCE4D4A28C244809CB46' +
    '7C31CA39874CD0D3F346FCA2A9AE874A1D66B82A100A40169696E74656C2E636F6D02664167696C65780301040081A101A2' +
    '01D902280002818207583032883E2526F54EA21FBF99642A8F56E787A0319D1D0E2AF84C36352E9A760EE80EA6C427098D1' +
    '7D26F65723C0C1C66EA018182A100A300D86F4C6086480186F84D010F0481480169696E74656C2E636F6D030181A101A100' +
    'A2007372656C656173652D323032332E32382E312E3101030282A100D820785C68747470733A2F2F747363692E696E74656' +
    'C2E636F6D2F636F6E74656E742F495043532F63657274732F52494D5F5369676E696E675F6167696C65785F35574C323854' +
    '792D4E74613353693164523372616C51376A4648772E636572A100D820785C68747470733A2F2F747363692E696E74656C2' +
    'E636F6D2F636F6E74656E742F495043532F63726C732F52494D5F5369676E696E675F6167696C65785F35574C323854792D' +
    '4E74613353693164523372616C51376A4648772E7872696D0381D86F4A6086480186F84D010F06',
);
it('reads Intel’s manifest of FPGAs', () => {
  const corim = readCorim(decodeCbor(INTEL, 'corim'));
  expect(corim.id).toBe('uuid 51ac25b8-dc58-405c-b4c9-4772120ba68a');
  expect(corim.profiles).toEqual([{ kind: 'oid', value: '2.16.840.1.113741.1.15.6' }]);
  expect(
    corim.references.map(({ environment, measurements }) => ({ environment, measurements })),
  ).toMatchObject([
    {
      environment: { vendor: 'intel.com', model: 'Agilex', layer: 0, index: 0 },
      measurements: [
        {
          values: [
            { kind: 'svn', bound: 'exactly', svn: 0 },
            {
              kind: 'digests',
              digests: [{ algorithm: 'sha-384', value: expect.stringMatching(/^302e69ba6e/) }],
            },
          ],
        },
      ],
    },
    { environment: { vendor: 'intel.com', model: 'Agilex', layer: 1, index: 0 } },
  ]);
  expect(corim.omissions.map(({ at }) => at)).toEqual([
    'corim.dependent-rims',
    'corim.tags[0].triples.endorsed-triples',
  ]);
});

it('reads headers as Intel writes them, and makes no set of an FPGA', () => {
  // Two signers where the drafts have one, and a time in text.
  const signers = [mapOf([0, 'Firmware Author']), mapOf([0, 'CN=Intel:Agilex'])];
  const end = new CborTag(0, '9999-12-31T23:59:59Z');
  const meta = encodeCbor(mapOf([0, signers], [1, mapOf([1, end])]));
  const signed = signedCorim(INTEL, coseSigner('p384'), [8, meta]);
  const found = corimReferenceSets(signed, { now: 0 });
  expect(found).toMatchObject({
    signature: { algorithm: 'ES384', signer: 'Firmware Author, CN=Intel:Agilex' },
    validity: { state: 'current', notAfter: '9999-12-31T23:59:59Z' },
    tdx: [],
    snp: [],
    nvidia: [],
  });
  expect(found.notImported.map(({ because }) => because)).toContainEqual(
    'is of nothing that is known here: intel.com, Agilex, no class id',
  );
});

/** What Veraison’s library makes in its example of extensions. */
const VERAISON = hex(
  'd901f5a30063666f6f0181d901fa58a5a40065656e2d474201a100676578616d706c650281a4006941434d45204c74642e01d820' +
    '7468747470733a2f2f61636d652e6578616d706c65028101206f3132332046616b652053747265657404a1008182a100a300d8' +
    '255031fb5abf023e4992aa4e95f9c1503bfa016941434d45204c74642e026e526f616452756e6e657220322e3081a200d8255031' +
    'fb5abf023e4992aa4e95f9c1503bfa01a10281820644abcdef00037822687474703a2f2f6578616d706c652e636f6d2f6578616d' +
    '706c652d70726f66696c65',
);

it('reads what Veraison writes', () => {
  const corim = readCorim(decodeCbor(VERAISON, 'corim'));
  expect(corim.profiles).toEqual([{ kind: 'text', value: 'http://example.com/example-profile' }]);
  expect(corim.references[0]).toMatchObject({
    tagId: 'example',
    environment: { vendor: 'ACME Ltd.', model: 'RoadRunner 2.0' },
    measurements: [
      {
        key: { kind: 'uuid', value: '31fb5abf-023e-4992-aa4e-95f9c1503bfa' },
        values: [{ kind: 'digests', digests: [{ algorithm: 'algorithm 6', value: 'abcdef00' }] }],
      },
    ],
  });
});
