import Type from 'typebox';
import {
  closed,
  Forbidden,
  hex,
  Lifecycle,
  orSkip,
  Presence,
  Provenance,
  SetId,
  Skip,
  some,
} from './values.ts';

const BYTE = Type.Integer({
  minimum: 0,
  maximum: 255,
  description: 'a whole number from 0 to 255',
});

export const SnpReferenceSet = closed({
  id: SetId,
  lifecycle: Lifecycle,
  measurement: Type.Union([hex(48), Skip], {
    description: '96 lower-case hex digits, or { skip: "<reason>" }',
  }),
  hostData: orSkip(hex(32)),
  familyId: orSkip(hex(16)),
  imageId: orSkip(hex(16)),
  idKeyDigest: orSkip(hex(48)),
  authorKeyDigest: orSkip(hex(48)),
  /** GUEST_SVN of the ID block: an older image of the same author is refused. */
  minGuestSvn: orSkip(Type.Integer({ minimum: 0, maximum: 0xffff_ffff }), 'a whole number'),
  provenance: Type.Optional(Provenance),
});
export type SnpReferenceSet = Type.Static<typeof SnpReferenceSet>;

const SPL = { bootLoader: BYTE, tee: BYTE, snp: BYTE, microcode: BYTE };

export const SnpRules = closed({
  type: Type.Literal('amd-sev-snp'),
  referenceSets: Type.Array(SnpReferenceSet, { minItems: 1, maxItems: 1024 }),
  guestPolicy: closed({
    debug: Forbidden,
    migrateMa: Forbidden,
    smt: Presence,
    singleSocket: Presence,
    cxlAllow: Presence,
    memAes256Xts: Presence,
    raplDis: Presence,
    ciphertextHidingDram: Presence,
    pageSwapDisable: Presence,
    minAbi: orSkip(closed({ major: BYTE, minor: BYTE }), '{ major, minor }'),
  }),
  platformInfo: closed({
    smtEn: Presence,
    tsmeEn: Presence,
    eccEn: Presence,
    raplDis: Presence,
    ciphertextHidingDramEn: Presence,
    aliasCheckComplete: Presence,
    iommuWriteSafe: Presence,
    tioEn: Presence,
  }),
  /** By product line; one that is not listed is refused. */
  minTcb: Type.Object(
    {
      milan: Type.Optional(closed(SPL)),
      genoa: Type.Optional(closed(SPL)),
      turin: Type.Optional(closed({ fmc: BYTE, ...SPL })),
    },
    {
      additionalProperties: false,
      minProperties: 1,
      description: 'at least one of milan, genoa and turin with a number for each component',
    },
  ),
  tcbAppliesTo: some(
    Type.Enum(['reported', 'committed', 'launch', 'current'], {
      description: 'reported, committed, launch or current',
    }),
    4,
  ),
  /** Bulletins of AMD's whose fixes the reported TCB must show. */
  bulletins: orSkip(
    some(
      Type.String({
        pattern: '^AMD-SB-[0-9]{4}$',
        description: 'a bulletin of AMD’s, e.g. AMD-SB-3019',
      }),
      64,
    ),
    'a list of AMD’s bulletins',
  ),
  vmpl: some(Type.Integer({ minimum: 0, maximum: 3, description: '0 to 3' }), 4),
  signer: some(Type.Enum(['vcek', 'vlek'], { description: 'vcek or vlek' }), 2),
  /** Firmware that the machine's owner can still take back: COMMITTED below CURRENT. */
  provisionalFirmware: Type.Enum(['forbid', 'allow'], { description: 'forbid or allow' }),
  crl: orSkip(Type.Literal('require'), 'require'),
});
export type SnpRules = Type.Static<typeof SnpRules>;
