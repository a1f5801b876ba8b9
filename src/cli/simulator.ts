import type { Options, Verb } from './verb.ts';

const SIMULATOR_OPTIONS: Options = {
  seed: { value: '<text>', help: 'another seed is another root and another platform' },
  list: { help: 'list the cases instead' },
};

const NOTE =
  'The same case and seed make the same bytes. The root is no vendor’s: a verification trusts it only under --trust-anchor, and is marked "simulator".';

export const simulatorTdxVerb: Verb = {
  name: 'simulator tdx',
  summary: 'Make TDX evidence under a test root, good or wrong in exactly one way.',
  operands: '<dir>',
  arity: { min: 0, max: 1 },
  options: {
    case: { value: '<name>', help: 'which good or wrong way; valid_v4 by default' },
    ...SIMULATOR_OPTIONS,
  },
  notes: [NOTE],
  // Making certificates needs a library that no other verb should have to load.
  run: async (io, args) => (await import('./simulator-tdx.ts')).simulatorTdx(io, args),
};

export const simulatorSnpVerb: Verb = {
  name: 'simulator snp',
  summary: 'Make SEV-SNP evidence under a test root, good or wrong in exactly one way.',
  operands: '<dir>',
  arity: { min: 0, max: 1 },
  options: {
    case: { value: '<name>', help: 'which good or wrong way; valid_v5 by default' },
    product: { value: '<milan|genoa|turin>', help: 'which product line; genoa by default' },
    ...SIMULATOR_OPTIONS,
  },
  notes: [NOTE],
  run: async (io, args) => (await import('./simulator-snp.ts')).simulatorSnp(io, args),
};

export const simulatorNvidiaVerb: Verb = {
  name: 'simulator nvidia',
  summary: 'Make NVIDIA evidence under test roots, good or wrong in exactly one way.',
  operands: '<dir>',
  arity: { min: 0, max: 1 },
  options: {
    case: {
      value: '<name>',
      help: 'which good or wrong way; valid by default, node of a whole machine',
    },
    model: { value: '<name>', help: 'which device with which firmware; h100 by default' },
    mode: {
      value: '<spt|mpt|ppcie>',
      help: 'a whole machine in this mode: single GPU, multi-GPU, protected PCIe (the default)',
    },
    gpus: { value: '<n>', help: 'a whole machine of so many GPUs; 8 by default' },
    switches: { value: '<n>', help: 'and so many switches; 4 by default in protected PCIe mode' },
    ...SIMULATOR_OPTIONS,
  },
  notes: [
    'The same case and seed make the same bytes. The two roots, of devices and of manifests, are no vendor’s: a verification trusts them only under --trust-anchor and --rim-trust-anchor, and is marked "simulator".',
    'A whole machine is written as evidence JSON like that of NVIDIA’s tools.',
  ],
  run: async (io, args) => (await import('./simulator-nvidia.ts')).simulatorNvidia(io, args),
};
