import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { sizeBytes } from '../../src/cli/config/size.ts';
import { BROKER_DEFAULTS } from '../../src/cli/gateway/broker-config.ts';
import { LARGEST_REQUEST } from '../../src/client/create-postern.ts';
import { binaryRequest } from '../../src/client/inner-request.ts';
import { sealFor } from '../../src/client/seal.ts';
import { LIMITS } from '../../src/gateway/http/limits.ts';
import { makeKeyPair } from '../../src/sealed/key-pair.ts';
import { SUITE_HYBRID } from '../../src/sealed/suite.ts';

it('the largest request by default is one that a gateway takes by default', () => {
  const suite = SUITE_HYBRID;
  const { config } = makeKeyPair({
    keyId: 1,
    suite,
    randomBytes: (length) => new Uint8Array(randomBytes(length)),
  });
  const content = new Uint8Array(LARGEST_REQUEST);
  const message = binaryRequest(
    { method: 'POST', path: '/v1/files', fields: [], content, model: undefined },
    { pool: 'p', keyset: 'ab'.repeat(48), date: 0, idempotencyKey: 'ab'.repeat(16) },
  );
  const { body } = sealFor({ config, suite } as never, message);
  expect(body.size).toBeLessThanOrEqual(sizeBytes(BROKER_DEFAULTS.limits.request));
  expect(body.size).toBeLessThanOrEqual(LIMITS.body.sealed);
});
