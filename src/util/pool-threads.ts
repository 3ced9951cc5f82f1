/** Source: libuv's documentation of its pool of threads, in which files are read and names are looked up. */
const DEFAULT_THREADS = 4;

/** How many threads libuv's pool has, which all of this process shares. */
export function countPoolThreads(): number {
  return Number(process.env['UV_THREADPOOL_SIZE'] ?? DEFAULT_THREADS) || 1;
}
