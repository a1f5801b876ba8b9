import { describeCrashes } from './crash-cases.ts';

describeCrashes(5);
