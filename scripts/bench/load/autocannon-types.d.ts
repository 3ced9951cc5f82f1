// autocannon ships no types. Only what autocannon-run.ts uses.
declare module 'autocannon' {
  interface Options {
    readonly url: string;
    readonly method: string;
    readonly body?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly connections: number;
    /** Seconds. */
    readonly duration: number;
    /** Seconds. */
    readonly timeout: number;
  }

  interface Result {
    readonly non2xx: number;
    /** Timeouts among them. */
    readonly errors: number;
    readonly timeouts: number;
    readonly requests: { readonly sent: number };
    /** Seconds. */
    readonly duration: number;
  }

  interface Running extends PromiseLike<Result> {
    on(
      event: 'response',
      listener: (client: unknown, status: number, byteLength: number, latencyMs: number) => void,
    ): this;
  }

  export default function autocannon(options: Options): Running;
}
