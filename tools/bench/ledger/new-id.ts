let ids = 0;

/** As random as ids are, and made in no time: what it takes to make one is not the log's to answer for. */
export function newId(): string {
  ids++;
  return (
    Math.imul(ids, 0x9e3779b1).toString(16).replace('-', 'f').padStart(16, '0') +
    ids.toString(16).padStart(16, '0')
  );
}
