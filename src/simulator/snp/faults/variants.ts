import { CERTIFICATE_VARIANTS } from './certificate-variants.ts';
import { REPORT_VARIANTS } from './report-variants.ts';

/** Out of the ordinary and right: a verifier that refuses one of these refuses honest machines. */
export const SNP_VARIANTS = { ...REPORT_VARIANTS, ...CERTIFICATE_VARIANTS };
