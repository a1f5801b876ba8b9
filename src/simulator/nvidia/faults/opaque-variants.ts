import { utf8 } from '../../../core/bytes/text.ts';
import { opaque } from './edits.ts';
import type { NvidiaFaults } from './fault.ts';
import { field, header } from './opaque-versioned.ts';
import { vbios } from './rim-edits.ts';

const newest = { models: ['h100-620'] } as const;

/** Of the layout with a header, out of the ordinary and right. */
export const OPAQUE_VARIANTS = {
  nvdaod_patch: {
    describes: 'a header of another patch version',
    ...newest,
    apply: header({ version: [2, 0, 7, 0] }),
  },
  nvdaod_type_not_seen_yet: {
    describes: 'a known type that no published report has behind a header',
    ...newest,
    apply: field(35, 0x82, utf8('GH100')),
  },
  nvdaod_field_allowed: {
    describes: 'a field of an unknown type, behind a header, that the caller allows',
    ...newest,
    skipped: ['nvidia.opaque.known'],
    apply: field(38, 0x85, Uint8Array.of(0xaa, 0)),
    asks: () => ({ relax: { opaqueTypes: [38] } }),
  },
  svn_above: {
    describes: 'a security version above its floor',
    ...newest,
    apply: opaque('FSP_UCODE_SVN', () => Uint8Array.of(0, 1)),
  },
  svn_without_floor: {
    describes: 'a security version of which no manifest speaks',
    ...newest,
    apply: vbios({ floors: [] }),
  },
  svn_floor_of_nobody: {
    describes: 'a floor that is not active, below which the device is',
    ...newest,
    apply: ({ rims }) => {
      for (const floor of rims.vbios.floors) Object.assign(floor, { active: false, least: 9 });
    },
  },
} as const satisfies NvidiaFaults;
