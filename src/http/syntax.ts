/** Whether `text` is a `token`: a method or a field name. Source: RFC 9110, 5.6.2. */
export function isToken(text: string): boolean {
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(text);
}

/** Whether a byte string may be a field's value: tab and 0x20-0xFF without 0x7F. Source: RFC 9110, 5.5. */
export function isFieldValue(value: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
}

/** Whether `text` is a scheme. Source: RFC 3986, 3.1. */
export function isScheme(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9+\-.]*$/.test(text);
}

/** Whether `text` is `host[:port]`, without user-info: a name, an IPv4 address or a bracketed IPv6 one. Source: RFC 9110, 4.2 and 7.2. */
export function isAuthority(text: string): boolean {
  // Most are a name and a short port, whose number need not be checked.
  if (/^[A-Za-z0-9\-.]+(?::\d{1,4})?$/.test(text)) return true;
  const port = /^(?:\[[0-9A-Fa-f:.]+\]|(?:[A-Za-z0-9\-._~!$&'()*+;=]|%[0-9A-Fa-f]{2})+)(?::(\d{0,5}))?$/.exec(text);
  return port !== null && Number(port[1] ?? 0) <= 65_535;
}

/** Whether `text` is valid as the path and query of a request line: origin form, a bare query, `*`, or nothing. Source: RFC 9112, 3.2. */
export function isPathWithQuery(text: string): boolean {
  return text === '*' || /^(?:[/?][\x21\x22\x24-\x7e\x80-\u{10ffff}]*)?$/u.test(text);
}

/** The length in a `content-length` value: `1*DIGIT` below 2^63; otherwise `undefined`. Source: RFC 9110, 8.6. */
export function parseContentLength(value: string): bigint | undefined {
  if (!/^\d{1,19}$/.test(value)) return undefined;
  const length = BigInt(value);
  return length < 1n << 63n ? length : undefined;
}

/** The members of a list-valued field, including empty ones. Source: RFC 9110, 5.6.1. */
export function membersOf(value: string): string[] {
  return value.split(',').map((member) => member.trim());
}
