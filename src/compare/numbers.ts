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

/** The middle and the middle half of some numbers. */
export interface Spread {
  readonly median: number;
  /** The quartiles: a quarter of the numbers is below the first, a quarter above the last. */
  readonly low: number;
  readonly high: number;
}

/** Quartiles by linear interpolation between neighbours; NaN of no numbers. */
export function toSpread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  return { median: quantile(sorted, 0.5), low: quantile(sorted, 0.25), high: quantile(sorted, 0.75) };
}

function quantile(sorted: readonly number[], part: number): number {
  const position = part * (sorted.length - 1);
  const below = at(sorted, Math.floor(position));
  const above = at(sorted, Math.ceil(position));
  return below + (above - below) * (position - Math.floor(position));
}

/**
 * Whether the difference of two medians may be chance: there are fewer than three rounds, or the middle halves overlap, or the medians are within 2 % of each
 * other, which is what a shared machine does to them.
 */
export function isWithinNoise(ours: readonly number[], theirs: readonly number[]): boolean {
  if (Math.min(ours.length, theirs.length) < 3) return true;
  const [one, other] = [toSpread(ours), toSpread(theirs)];
  const isNear = Math.abs(one.median - other.median) <= 0.02 * Math.max(one.median, other.median);
  return isNear || (one.low <= other.high && other.low <= one.high);
}

const at = (values: readonly number[], index: number): number => values[index] ?? Number.NaN;
