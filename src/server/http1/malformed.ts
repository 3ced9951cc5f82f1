import { STATUS_CODES } from 'node:http';
import type { ClientLimits } from '../../config/listener-options.ts';
import { formatTimeout } from '../../util/format.ts';
import { type Failure, clientFault, shownReason } from '../failure.ts';
import { HEAD_IS_LATE } from './head-time.ts';
import { OTHER_VERSION } from './refusal.ts';

/** The error of Node's parser for bytes that are not a request. `reason` is one of its texts. */
export type ParseError = Error & { readonly code?: string; readonly reason?: string };

/** What the client did wrong, for an error with which Node gives up a connection; `undefined` if it is an error of the connection. */
export function malformationOf({ code = '', reason }: ParseError, limits: ClientLimits): Failure | undefined {
  const toFailure = FAILURE_BY_CODE[code];
  if (toFailure !== undefined) return toFailure(limits);
  // A client that ends its side in the middle of a request gets no reply.
  if (!code.startsWith('HPE_') || code === 'HPE_INVALID_EOF_STATE') return undefined;
  return clientFault(400, `the request is malformed${reason ? `: ${reason}` : ''}`);
}

const FAILURE_BY_CODE: Readonly<Record<string, (limits: ClientLimits) => Failure>> = {
  HPE_HEADER_OVERFLOW: ({ maxHeadBytes, maxHeaders }) =>
    clientFault(
      431,
      `head or trailers of more than ${maxHeadBytes} bytes (--max-head) or ${maxHeaders} fields (--max-headers)`,
    ),
  HPE_CHUNK_EXTENSIONS_OVERFLOW: () => clientFault(413, 'the chunk extensions of the request are too long'),
  [HEAD_IS_LATE]: ({ headTimeoutMs }) =>
    clientFault(408, `no whole head came within ${formatTimeout(headTimeoutMs)} (--head-timeout)`),
  HPE_PAUSED_H2_UPGRADE: () => OTHER_VERSION,
};

/** The reply to bytes that are not a request. The connection closes after it. */
export function malformedReply(failure: Failure): Buffer {
  const title = `${failure.status} ${STATUS_CODES[failure.status]}`;
  const text = `${title}: ${shownReason(failure, 'hidden')}\n`;
  const fields = ['connection: close', 'content-type: text/plain; charset=utf-8', `content-length: ${text.length}`];
  return Buffer.from([`HTTP/1.1 ${title}`, ...fields, '', text].join('\r\n'), 'latin1');
}
