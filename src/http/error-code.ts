import { stringBytes } from '../util/held-bytes.ts';

/** The `error-code` of `wasi:http/types`: what went wrong with a message or its connection. */
export type ErrorCode =
  | { readonly tag: PlainErrorCode }
  | { readonly tag: 'DNS-error'; readonly val: DnsErrorPayload }
  | { readonly tag: 'TLS-alert-received'; readonly val: TlsAlertReceivedPayload }
  | { readonly tag: 'HTTP-request-body-size' | 'HTTP-response-body-size'; readonly val: bigint | undefined }
  | { readonly tag: SectionSizeErrorCode; readonly val: number | undefined }
  | { readonly tag: 'HTTP-request-header-size'; readonly val: FieldSizePayload | undefined }
  | {
      readonly tag: 'HTTP-request-trailer-size' | 'HTTP-response-header-size' | 'HTTP-response-trailer-size';
      readonly val: FieldSizePayload;
    }
  | {
      readonly tag: 'HTTP-response-transfer-coding' | 'HTTP-response-content-coding' | 'internal-error';
      readonly val: string | undefined;
    };

/** The cases without a payload. */
export type PlainErrorCode =
  | 'DNS-timeout'
  | 'destination-not-found'
  | 'destination-unavailable'
  | 'destination-IP-prohibited'
  | 'destination-IP-unroutable'
  | 'connection-refused'
  | 'connection-terminated'
  | 'connection-timeout'
  | 'connection-read-timeout'
  | 'connection-write-timeout'
  | 'connection-limit-reached'
  | 'TLS-protocol-error'
  | 'TLS-certificate-error'
  | 'HTTP-request-denied'
  | 'HTTP-request-length-required'
  | 'HTTP-request-method-invalid'
  | 'HTTP-request-URI-invalid'
  | 'HTTP-request-URI-too-long'
  | 'HTTP-response-incomplete'
  | 'HTTP-response-timeout'
  | 'HTTP-upgrade-failed'
  | 'HTTP-protocol-error'
  | 'loop-detected'
  | 'configuration-error';

type SectionSizeErrorCode =
  | 'HTTP-request-header-section-size'
  | 'HTTP-request-trailer-section-size'
  | 'HTTP-response-header-section-size'
  | 'HTTP-response-trailer-section-size';

interface DnsErrorPayload {
  readonly rcode: string | undefined;
  readonly infoCode: number | undefined;
}

interface TlsAlertReceivedPayload {
  readonly alertId: number | undefined;
  readonly alertMessage: string | undefined;
}

interface FieldSizePayload {
  readonly fieldName: string | undefined;
  readonly fieldSize: number | undefined;
}

/** How much of a guest's text a log shows: it may be megabytes long. */
const MAX_TOLD_CHARS = 1000;

/** For a log: the case, and its payload if it has one. */
export function describeErrorCode(code: ErrorCode): string {
  const val = 'val' in code ? code.val : undefined;
  if (val === undefined) return code.tag;
  if (typeof val !== 'object') return `${code.tag}(${shorten(val)})`;
  const payload = Object.entries(val).map(([key, value]) => `${key}: ${shorten(value ?? 'none')}`);
  return `${code.tag}(${payload.join(', ')})`;
}

/** How much memory the strings of an error code take. */
export function heldBytesOfErrorCode(code: ErrorCode): number {
  const val = 'val' in code ? code.val : undefined;
  const parts = typeof val === 'object' ? Object.values(val) : [val];
  return parts.reduce<number>((sum, part) => sum + (typeof part === 'string' ? stringBytes(part) : 0), 0);
}

function shorten(value: unknown): string {
  const text = String(value);
  return text.length > MAX_TOLD_CHARS ? `${text.slice(0, MAX_TOLD_CHARS)}...` : text;
}
