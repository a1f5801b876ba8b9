import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { PolicySchema } from '../src/appraisal/policy/schema/policy.ts';

/** The schema of policies as it is published: for editors, and for who checks with tools of their own. */
export function publishedSchema(): string {
  return `${JSON.stringify(PolicySchema, null, 2)}\n`;
}

if (import.meta.main) {
  const path = new URL('../policies/measurement-policy.schema.json', import.meta.url);
  writeFileSync(fileURLToPath(path), publishedSchema());
}
