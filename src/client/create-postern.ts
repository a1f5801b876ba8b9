import type { PosternOptions } from './options.ts';
import type { Postern } from './postern.ts';

export declare function createPostern(options: PosternOptions): Promise<Postern>;
