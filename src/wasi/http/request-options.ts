/** The longest that any timeout of an outgoing request lasts, and its default. */
const MAX_TIMEOUT_NS = 600_000_000_000n;

/** `request-options` of `wasi:http/types`. Times in nanoseconds; `undefined` is the default. */
export class RequestOptions {
  connectTimeoutNs: bigint | undefined;
  firstByteTimeoutNs: bigint | undefined;
  betweenBytesTimeoutNs: bigint | undefined;
}

/** The timeout to use, in milliseconds, rounded up: what the guest asks for below the default. 0 means immediately. */
export function toTimeoutMs(timeoutNs: bigint | undefined): number {
  const boundedNs = timeoutNs === undefined || timeoutNs > MAX_TIMEOUT_NS ? MAX_TIMEOUT_NS : timeoutNs;
  return Number((boundedNs + 999_999n) / 1_000_000n);
}
