import { type Measurement, row } from '../measure.ts';
import { openChunkLimit, openLimit, sealLimit, setupLimit } from './limits.ts';
import { ehbpChunk, hpkeCoreSetup, hpkeSetup } from './peers.ts';
import { open, openChunk, sealChunk, setup } from './workloads.ts';

const SIZES = { '16k': 16_384, '512': 512 } as const;

/** Sealing requests to a hybrid key, and their chunks. */
export async function sealedMeasurements(): Promise<readonly Measurement[]> {
  const chunks = Object.entries(SIZES).flatMap(([name, size]) => [
    row({
      subject: sealChunk(`sealed.chunk.seal.${name}`, size),
      against: sealLimit(`limit.aes-gcm.seal.${name}`, size),
    }),
    row({
      subject: openChunk(`sealed.chunk.open.${name}`, size),
      against: openChunkLimit(`limit.aes-gcm.open.${name}`, size),
    }),
  ]);
  return [
    row({ subject: setup, against: await hpkeCoreSetup(), atLeast: 4 }),
    { name: 'sealed.setup.hpke', subject: setup, against: await hpkeSetup() },
    { name: 'sealed.setup.limit', subject: setup, against: setupLimit() },
    row({ subject: open, against: openLimit() }),
    ...chunks,
    {
      name: 'sealed.chunk.seal.ehbp',
      subject: sealChunk('sealed.chunk.seal.512', SIZES['512']),
      against: ehbpChunk(SIZES['512']),
    },
  ];
}
