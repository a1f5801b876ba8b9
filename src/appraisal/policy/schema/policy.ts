import Type from 'typebox';
import { GpuRules, SwitchRules } from './nvidia.ts';
import { SnpRules } from './snp.ts';
import { TdxRules } from './tdx.ts';
import { closed, Digest, Lifecycle, orSkip, some, text } from './values.ts';
import { VtpmRules } from './vtpm.ts';
import {
  Assertion,
  Bindings,
  Composite,
  Deployment,
  Freshness,
  LogHygiene,
  Workload,
} from './whole.ts';

const Metadata = closed({
  name: Type.String({
    pattern: '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$',
    description: '1 to 63 of a to z, digits and -',
  }),
  revision: Type.Integer({
    minimum: 1,
    maximum: 1_000_000_000,
    description: 'a whole number from 1',
  }),
  /** Digest of the revision before; the first has none. */
  previous: Type.Optional(Digest),
  lifecycle: Lifecycle,
  owners: some(text(1, 200), 32),
  description: Type.Optional(text(1, 2000)),
  /** What the operator says of these machines (a region, a tier): shown, never compared, never proven. */
  labels: Type.Optional(
    Type.Record(Type.String({ pattern: '^[a-z][a-z0-9-]{0,62}$' }), text(1, 200), {
      maxProperties: 32,
      additionalProperties: false,
      description: 'names and what the operator says, e.g. region: eu-west',
    }),
  ),
});

export const PolicySchema = Type.Object(
  {
    apiVersion: Type.Literal('postern/v1', { description: 'postern/v1' }),
    kind: Type.Literal('MeasurementPolicy', { description: 'MeasurementPolicy' }),
    metadata: Metadata,
    spec: closed({
      role: Type.String({
        pattern: '^[a-z][a-z0-9-]{0,62}$',
        description: '1 to 63 of a to z, digits and -',
      }),
      evidence: closed({
        cpu: Type.Union([TdxRules, SnpRules], {
          description: 'rules with type: intel-tdx or type: amd-sev-snp',
        }),
        gpu: Type.Optional(GpuRules),
        nvswitch: Type.Optional(SwitchRules),
        vtpm: Type.Optional(VtpmRules),
      }),
      composite: Composite,
      bindings: orSkip(Bindings, '{ recipes, keys, purposes, challenge }'),
      workload: Workload,
      deployment: Deployment,
      logHygiene: LogHygiene,
      freshness: Freshness,
      assertions: Type.Array(Assertion, { maxItems: 32 }),
    }),
  },
  {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'urn:postern:schema:measurement-policy:v1',
    title: 'Postern measurement policy, version 1',
    additionalProperties: false,
  },
);

export type Policy = Type.Static<typeof PolicySchema>;
