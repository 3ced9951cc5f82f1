import type { Context } from 'hono';
import { cloneRawRequest } from 'hono/request';

/** The request that middleware has left, with its body also if that was read by `c.req.json()` and the like. */
export async function requestOf({ req }: Context): Promise<Request> {
  return req.raw.bodyUsed ? await cloneRawRequest(req) : req.raw;
}

/**
 * The response with the fields that middleware set before `next()`. A field that the response has itself stands; cookies are added. What middleware sets
 * after `next()` replaces either. Hono by itself would lose some of the fields, or of the cookies.
 */
export function withEarlierFields(c: Context, response: Response): Response {
  const earlier = [...c.res.headers];
  // Else Hono would merge the two in its own way.
  c.res = undefined;
  c.res = earlier.length === 0 ? response : merge(earlier, response);
  return c.res;
}

function merge(earlier: readonly (readonly [string, string])[], response: Response): Response {
  const { body, status, statusText } = response;
  const headers = new Headers(response.headers);
  for (const [name, value] of earlier) {
    if (name === 'set-cookie') headers.append(name, value);
    else if (!response.headers.has(name)) headers.set(name, value);
  }
  return new Response(body, { status, statusText, headers });
}
