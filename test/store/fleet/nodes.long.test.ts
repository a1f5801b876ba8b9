import { describePages } from './node-pages.ts';

describePages(10_000);
