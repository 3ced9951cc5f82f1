/** `812 B`, `1.2 kB`, `12.1 MB`: decimal units. */
export function formatBytes(byteLength: number): string {
  if (byteLength < 1000) return `${byteLength} B`;
  if (byteLength < 999_950) return `${(byteLength / 1000).toFixed(1)} kB`;
  if (byteLength < 999_950_000) return `${(byteLength / 1e6).toFixed(1)} MB`;
  return `${(byteLength / 1e9).toFixed(1)} GB`;
}

/** A measured time: `0.4 ms`, `3.1 ms`, `128 ms`, `1.8 s`. */
export function formatDuration(ms: number): string {
  if (ms < 99.95) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${ms.toFixed(0)} ms`;
  return `${(ms / 1000).toFixed(1)} s`;
}

/** A chosen time, without rounding: `500 ms`, `30 s`, `2 min`. */
export function formatTimeout(ms: number): string {
  if (ms % 1000 !== 0) return `${ms} ms`;
  const seconds = ms / 1000;
  return seconds >= 120 && seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}

/** `1 request`, `2 requests`. */
export function formatCount(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
}
