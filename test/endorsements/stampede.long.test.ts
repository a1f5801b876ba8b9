import { describe, it } from 'vitest';
import { expectNoStampede, expectOutage, OUTAGES } from './stampede-cases.ts';

describe('a thousand kinds of platform, whose collateral ends in the same second', () => {
  it('one request a document, a few at a time, though all are wanted at once', () =>
    expectNoStampede(1000));

  it.each(OUTAGES)('$name', (outage) => expectOutage(1000, outage));
});
