import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { PolicySchema } from '../src/appraisal/policy/schema/policy.ts';
import { AgentConfigSchema } from '../src/cli/agent/schema.ts';
import { GatewayConfigSchema } from '../src/cli/gateway/schema.ts';

/** Schemas as they are published, by place: for editors, and for who checks with tools of their own. */
export const PUBLISHED_SCHEMAS = {
  'policies/measurement-policy.schema.json': textOf(PolicySchema),
  'docs/agent/agent.schema.json': textOf(AgentConfigSchema),
  'docs/gateway/postern.schema.json': textOf(GatewayConfigSchema),
} as const;

function textOf(schema: object): string {
  return `${JSON.stringify(schema, null, 2)}\n`;
}

if (import.meta.main) {
  for (const [path, text] of Object.entries(PUBLISHED_SCHEMAS)) {
    writeFileSync(fileURLToPath(new URL(`../${path}`, import.meta.url)), text);
  }
}
