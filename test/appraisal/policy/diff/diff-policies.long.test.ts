import { describePromise } from './promise-cases.ts';

describePromise({ every: 1, runs: 1_000 });
