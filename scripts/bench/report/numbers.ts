/** The middle one, or the mean of the two middle ones; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length === 0) return Number.NaN;
  return Number.isInteger(middle) ? (at(sorted, middle - 1) + at(sorted, middle)) / 2 : at(sorted, Math.floor(middle));
}

/** The least value that `percent` % are not above, by the nearest rank; NaN of none. */
export function percentile(sorted: readonly number[], percent: number): number {
  return at(sorted, Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1));
}

/** From the least to the greatest, as a part of the median: 0.1 is a spread of 10 %. */
export function spread(values: readonly number[]): number {
  return (Math.max(...values) - Math.min(...values)) / median(values);
}

const at = (values: readonly number[], index: number): number => values[index] ?? Number.NaN;
