import type { SendRequest } from '../../outbound/send-request.ts';

/** What a guest is granted of `wasi:http`. */
export interface HttpGrants {
  /** Sends the guest's outgoing requests; without it each is answered with `HTTP-request-denied`. */
  readonly sendRequest?: SendRequest;
}

export function grantHttp({ sendRequest }: Required<HttpGrants>): HttpGrants {
  return { sendRequest };
}
