import { type Agent, type IncomingMessage, request as sendRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import type { GuestRequest } from './guests.ts';

/** A whole reply. */
export interface Reply {
  readonly status: number;
  readonly body: string;
}

/** How one request is sent: the connections it may use, and what ends it early. */
export interface AskOptions {
  readonly agent: Agent;
  readonly signal: AbortSignal;
}

/** Sends one request and reads its reply. Rejects where the connection fails. */
export async function ask(url: string, request: GuestRequest, options: AskOptions): Promise<Reply> {
  const { method, path, body } = request;
  const headers = body === undefined ? {} : { 'content-type': 'text/plain' };
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  sendRequest(`${url}${path}`, { method, headers, ...options })
    .on('response', resolve)
    .on('error', reject)
    .end(body);
  const response = await promise;
  return { status: response.statusCode ?? 0, body: await text(response) };
}
