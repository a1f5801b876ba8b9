import Type from 'typebox';

/** The path of a file or folder; relative ones begin at the folder of the configuration. */
export const Path = Type.String({
  pattern: '^[^\\p{C}\\p{Zl}\\p{Zp}]{1,1024}$',
  description: 'a path',
});

/** See `sizeBytes`. */
export const Size = Type.String({
  pattern: '^[1-9][0-9]{0,4}(KiB|MiB)$',
  description: 'a size, e.g. 512KiB or 8MiB',
});

export function count(minimum: number, maximum: number) {
  return Type.Integer({
    minimum,
    maximum,
    description: `a whole number from ${minimum} to ${maximum}`,
  });
}
