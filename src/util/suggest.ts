/** The name that a misspelt `word` most likely stands for; `undefined` if none is near. */
function nearestName(word: string, names: Iterable<string>): string | undefined {
  const spelled = word.toLowerCase();
  let nearest: { readonly name: string; readonly edits: number } | undefined;
  for (const name of names) {
    const edits = countEdits(spelled, name.toLowerCase());
    if (edits < (nearest?.edits ?? maxEdits(spelled) + 1)) nearest = { name, edits };
  }
  return nearest?.name;
}

/** `: did you mean NAME?`, or nothing if no name is near. */
export function suggest(word: string, names: Iterable<string>): string {
  const name = nearestName(word, names);
  return name === undefined ? '' : `: did you mean ${name}?`;
}

/** A third of a word may be wrong; more of it is another word. */
function maxEdits(word: string): number {
  return Math.max(1, Math.floor(word.length / 3));
}

/**
 * How many characters have to be added, removed, replaced or swapped with their neighbour to make `to` of `from`.
 *
 * Source: the optimal string alignment distance.
 */
function countEdits(from: string, to: string): number {
  let before: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const next = [row];
    for (let column = 1; column <= to.length; column++) {
      const isSame = from[row - 1] === to[column - 1];
      const isSwapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      next[column] = Math.min(
        at(last, column) + 1,
        at(next, column - 1) + 1,
        at(last, column - 1) + (isSame ? 0 : 1),
        isSwapped ? at(before, column - 2) + 1 : Infinity,
      );
    }
    [before, last] = [last, next];
  }
  return at(last, to.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
