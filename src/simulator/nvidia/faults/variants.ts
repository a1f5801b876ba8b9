import type { NvidiaFaults } from './fault.ts';

/** Out of the ordinary and right: a verifier that refuses one of these refuses honest machines. */
export const NVIDIA_VARIANTS = {
  valid: { describes: 'nothing out of the ordinary' },
} as const satisfies NvidiaFaults;
