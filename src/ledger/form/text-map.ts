import { JsonShape } from '../../core/encoding/json-shape.ts';
import { malformed } from '../../core/fault.ts';
import { type Form, unwritable } from './form.ts';

/** A map by names that are not ours, as an object: it comes back in the order of its names. */
export function textMap<T>(form: Form<T>, most: number): Form<ReadonlyMap<string, T>> {
  return {
    write: (map, path, sink) => {
      const entries = [...map].map(([name, value]) => {
        if (!name.isWellFormed()) throw unwritable(path, 'a name with half a surrogate pair');
        return [name, form.write(value, `${path}.${name}`, sink)] as const;
      });
      return Object.fromEntries(entries);
    },
    read: (value, path, source) => {
      const shape = new JsonShape(value, path);
      const names = shape.names();
      if (names.length > most) throw malformed(path, `want at most ${most}, got ${names.length}`);
      return new Map(
        names.map((name) => [name, form.read(shape.value(name), `${path}.${name}`, source)]),
      );
    },
  };
}
