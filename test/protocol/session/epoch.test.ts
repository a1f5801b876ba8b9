import { expect, it } from 'vitest';
import { LARGEST_NOTE } from '../../../src/ledger/note/signed-note.ts';
import { EpochSchema } from '../../../src/protocol/session/epoch.ts';

it('has room for any checkpoint that can be read', () => {
  expect(EpochSchema.properties.checkpoint).toMatchObject({ maxLength: LARGEST_NOTE });
});
