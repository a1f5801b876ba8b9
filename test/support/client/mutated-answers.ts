import { createPostern } from '../../../src/client/create-postern.ts';
import { PosternError } from '../../../src/client/errors.ts';
import { concatBytes } from '../../../src/core/bytes/writer.ts';
import { randomFrom } from '../../fuzz/random.ts';
import { clientBed } from './bed.ts';
import { GATEWAY, sealedAnswer } from './gateway.ts';
import { readOutcome } from './outcome.ts';
