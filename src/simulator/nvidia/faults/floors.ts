import type { XmlNode } from '../xml-node.ts';
import { type Edit, fields, inOrder, opaque, withoutOpaque } from './edits.ts';
import type { NvidiaFaults } from './fault.ts';
import { valueType } from './opaque-versioned.ts';
import { NOT_COMPARED, removeAttribute, resources, setAttribute, vbios } from './rim-edits.ts';

const models = ['h100-620'] as const;
const below = { models, fails: ['nvidia.measurements.match'] } as const;

/** The floor of the VBIOS manifest. */
const least =
  (value: number | string): Edit =>
  ({ rims: { vbios } }) => {
    for (const floor of vbios.floors) floor.least = value;
  };

/** A VBIOS manifest whose last row, the floor, is not as it should be; signed as it is. */
function floor(describes: string, edit: (row: XmlNode) => void) {
  const apply = vbios({
    edit: (root) => {
      const row = resources(root).at(-1);
      if (row) edit(row);
    },
  });
  return {
    describes,
    models,
    fails: ['nvidia.rim.vbios.format'],
    unresolved: NOT_COMPARED,
    apply,
  } as const;
}

export const FLOOR_FAULTS = {
  svn_below: {
    describes: 'a security version one below the floor of the VBIOS manifest',
    ...below,
    apply: opaque('FSP_UCODE_SVN', () => Uint8Array.of(2, 0)),
  },
  svn_big_endian: {
    describes: 'a security version that would do if it were big-endian',
    ...below,
    apply: inOrder(
      least(0x0200),
      opaque('FSP_UCODE_SVN', () => Uint8Array.of(3, 1)),
    ),
  },
  svn_missing: {
    describes: 'a report that says no security version, and a manifest with a floor',
    ...below,
    apply: withoutOpaque('FSP_UCODE_SVN'),
  },
  svn_of_another_value_type: {
    describes: 'a security version said to be a version, which a floor is not for',
    models,
    fails: ['nvidia.measurements.match'],
    unresolved: ['nvidia.opaque.known'],
    apply: valueType('FSP_UCODE_SVN', 0x86),
  },
  svn_in_the_other_layout: {
    describes: 'a driver that writes no value types, so as to get below the floor',
    models,
    fails: ['nvidia.measurements.match'],
    unresolved: ['nvidia.opaque.known'],
    apply: inOrder(
      fields({ opaqueHeader: undefined }),
      opaque('OPAQUE_DATA_VERSION', () => Uint8Array.of(1, 0)),
    ),
  },
  svn_floor_of_both: {
    describes: 'both manifests have a floor for one field',
    models,
    fails: ['nvidia.measurements.index'],
    apply: ({ rims: { driver, vbios } }) => {
      driver.floors = vbios.floors.map((one) => ({ ...one, name: 'OTHER_MIN_SVN' }));
    },
  },
  floor_without_value: floor('a floor that says no value', (row) =>
    removeAttribute(row, 'ns3:minSvn'),
  ),
  floor_of_a_digest: floor(
    'a field to be compared with a digest, which NVIDIA does not do',
    (row) => setAttribute(row, 'ns2:Hash0', '00'.repeat(48)),
  ),
  floor_no_number: floor('a floor in hex', (row) => setAttribute(row, 'ns3:minSvn', '0x3')),
  floor_of_another_kind: floor('a floor and a ceiling', (row) =>
    setAttribute(row, 'ns3:maxSvn', '9'),
  ),
  floor_without_type: floor('an index between those of measurements and of fields', (row) =>
    setAttribute(row, 'index', '4095'),
  ),
} as const satisfies NvidiaFaults;
