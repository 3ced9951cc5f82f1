import { isToken } from '../../http/syntax.ts';

/** WIT's `method`. */
export type Method = { readonly tag: StandardMethod } | { readonly tag: 'other'; readonly val: string };

type StandardMethod = 'get' | 'head' | 'post' | 'put' | 'delete' | 'connect' | 'options' | 'trace' | 'patch';

const STANDARD_METHODS: ReadonlyMap<string, Method> = new Map(
  (['get', 'head', 'post', 'put', 'delete', 'connect', 'options', 'trace', 'patch'] as const).map((tag) => [
    tag.toUpperCase(),
    Object.freeze({ tag }),
  ]),
);

/** The method of a request line. Case matters: `get` is `other("get")`. */
export function parseMethod(text: string): Method {
  return STANDARD_METHODS.get(text) ?? { tag: 'other', val: text };
}

/** The method as it goes on the wire, or `undefined` if it cannot. */
export function formatMethod(method: Method): string | undefined {
  if (method.tag !== 'other') return method.tag.toUpperCase();
  return isToken(method.val) ? method.val : undefined;
}
