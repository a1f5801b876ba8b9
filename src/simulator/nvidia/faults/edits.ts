import { OPAQUE_TYPES, type OpaqueName } from '../../../evidence/nvidia/opaque-fields.ts';
import type { Damage } from '../../damage.ts';
import type { NvidiaCertificate } from '../hierarchy.ts';
import type { NvidiaPlan } from '../plan.ts';
import type { NvidiaReportContent } from '../report.ts';

/** One thing that a case does to a plan. */
export type Edit = (plan: NvidiaPlan) => void;

/** Changes fields of the report, and signs them. */
export const fields =
  (change: Partial<NvidiaReportContent>): Edit =>
  (plan) => {
    Object.assign(plan.report, change);
  };

/** Writes over what is signed, and signs it. */
export const signedOver =
  (damage: Damage): Edit =>
  (plan) => {
    plan.beforeSigning = damage;
  };

/** Writes over the finished report. */
export const afterwards =
  (damage: Damage): Edit =>
  (plan) => {
    plan.afterReport = damage;
  };

/** Gives an opaque field other data; where the report has none, it has one now. */
export const opaque =
  (name: OpaqueName | number, change: (data: Uint8Array) => Uint8Array): Edit =>
  ({ report }) => {
    const type = typeof name === 'number' ? name : OPAQUE_TYPES[name];
    const at = report.opaque.findIndex((field) => field.type === type);
    const data = change(report.opaque[at]?.data ?? new Uint8Array());
    if (at < 0) report.opaque.push({ type, data });
    else report.opaque[at] = { ...report.opaque[at], type, data };
  };

export const withoutOpaque =
  (name: OpaqueName): Edit =>
  ({ report }) => {
    report.opaque = report.opaque.filter(({ type }) => type !== OPAQUE_TYPES[name]);
  };

/** Changes one certificate. */
export const certificate =
  (name: string, change: Partial<NvidiaCertificate>): Edit =>
  ({ certificates }) => {
    const one = certificates[name];
    if (one === undefined) throw new RangeError(`the plan has no certificate ${name}`);
    Object.assign(one, change);
  };

/** Changes extensions of one certificate, each where it stands. */
export const extensions =
  (name: string, change: NvidiaCertificate['extensions']): Edit =>
  (plan) => {
    certificate(name, { extensions: { ...plan.certificates[name]?.extensions, ...change } })(plan);
  };

export const withoutExtension =
  (name: string, extension: keyof NvidiaCertificate['extensions']): Edit =>
  (plan) => {
    const { [extension]: _, ...rest } = plan.certificates[name]?.extensions ?? {};
    certificate(name, { extensions: rest })(plan);
  };

/** Adds a certificate that is like one of the plan’s but for what is said. */
export function addCertificate(
  { certificates }: NvidiaPlan,
  name: string,
  like: string,
  change: Partial<NvidiaCertificate>,
): void {
  const model = certificates[like];
  if (model === undefined) throw new RangeError(`the plan has no certificate ${like}`);
  certificates[name] = { ...model, extensions: { ...model.extensions }, ...change };
}

export const inOrder =
  (...edits: readonly Edit[]): Edit =>
  (plan) => {
    for (const edit of edits) edit(plan);
  };
