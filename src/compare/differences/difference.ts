/** What can differ between two replies. */
export type Aspect = 'reply' | 'status' | 'interim' | 'field' | 'body' | 'trailer' | 'end' | 'first byte';

/** Something in which the replies to one request differ. Texts are printable. */
export interface Difference {
  readonly aspect: Aspect;
  /** Of a field or trailer, in lower case. */
  readonly name?: string;
  readonly ours: string;
  readonly theirs: string;
  /** Why it is meant to be so, if it is: nobody has to look into it. */
  readonly known?: string;
}

/** What one probe has shown. */
export interface ProbeResult {
  readonly group: string;
  readonly name: string;
  /** A command that sends the request to a server at the usual address. */
  readonly repeat: string;
  readonly differences: readonly Difference[];
  /** What differs from one reply of the same server to the next, and so says nothing: `field x-request-id`. */
  readonly varying: readonly string[];
}
