import Type from 'typebox';
import { closed, Forbidden, orSkip, some } from './values.ts';

const VERSION = Type.String({
  pattern: '^[0-9A-Za-z][0-9A-Za-z.]{0,31}$',
  description: 'a version as the report has it, e.g. 570.133.20 or 96.00.CF.00.01',
});

const OCSP = orSkip(Type.Literal('require'), 'require');

/** A chip, and the board that it sits on: both H100 and H200 are GH100. */
const Model = closed({
  chip: Type.String({
    pattern: '^G[A-Z][0-9]{2}[0-9A-Z]$',
    description: 'a chip as its certificate has it, e.g. GH100 or GB100',
  }),
  board: orSkip(
    Type.String({
      pattern: '^[0-9A-Z]{1,8}_[0-9A-Z]{1,8}_[0-9A-Z]{1,8}$',
      description:
        'PROJECT_PROJECTSKU_CHIPSKU as in the id of its VBIOS manifest, e.g. 1010_0200_882',
    }),
  ),
});

export const GpuRules = closed({
  models: some(Model, 64),
  modes: some(
    Type.Enum(['spt', 'mpt', 'ppcie'], {
      description: 'spt (one GPU), mpt (several, encrypted NVLink) or ppcie (protected PCIe)',
    }),
    3,
  ),
  /** Driver and VBIOS as they were tried together. Manifests are compared whatever is said here. */
  releases: orSkip(
    some(closed({ driver: VERSION, vbios: VERSION }), 256),
    'a list of { driver, vbios }',
  ),
  devTools: Forbidden,
  ocsp: OCSP,
});
export type GpuRules = Type.Static<typeof GpuRules>;

export const SwitchRules = closed({
  bios: orSkip(some(VERSION, 256), 'a list of versions'),
  ocsp: OCSP,
});
export type SwitchRules = Type.Static<typeof SwitchRules>;
