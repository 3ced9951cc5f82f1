/** What a load generator wants to know of a reply. */
export interface ParsedReply {
  readonly status: number;
  /** Whether it said `Connection: close`. */
  readonly isLast: boolean;
  readonly bodyBytes: number;
}

type State =
  | { at: 'head' }
  | { at: 'length'; leftBytes: number }
  | { at: 'chunk-size' }
  | { at: 'chunk'; leftBytes: number }
  | { at: 'trailers' };

const HEAD_END = '\r\n\r\n';

/** Finds the starts and ends of replies on a connection, without keeping their bodies. Each has a length or chunks. */
export class ReplyParser {
  readonly #onReply: (reply: ParsedReply) => void;
  #state: State = { at: 'head' };
  #rest = '';
  #head = { status: 0, isLast: false };
  #bodyBytes = 0;

  constructor(onReply: (reply: ParsedReply) => void) {
    this.#onReply = onReply;
  }

  /** Whether part of a reply has come. */
  get isWithin(): boolean {
    return this.#state.at !== 'head' || this.#rest !== '';
  }

  push(bytes: Buffer): void {
    this.#rest += bytes.toString('latin1');
    while (this.#step());
  }

  /** Whether there is more to do with what has come. */
  #step(): boolean {
    const state = this.#state;
    switch (state.at) {
      case 'head':
        return this.#takeThrough(HEAD_END, (head) => this.#begin(head));
      case 'length':
        return this.#takeBody(state, () => this.#end());
      case 'chunk-size':
        return this.#takeThrough('\r\n', (size) => {
          const byteLength = Number.parseInt(size, 16);
          this.#state = byteLength === 0 ? { at: 'trailers' } : { at: 'chunk', leftBytes: byteLength };
        });
      case 'chunk':
        return this.#takeBody(state, () => (this.#state = { at: 'chunk-size' }));
      case 'trailers':
        return this.#takeThrough('\r\n', (line) => {
          if (line === '\r\n') this.#end();
        });
      default:
        return state satisfies never;
    }
  }

  #begin(head: string): void {
    const status = Number(head.split(' ')[1]);
    if (status < 200) return;
    this.#head = { status, isLast: /\r\nconnection: close\r\n/i.test(head) };
    const [, length] = /\r\ncontent-length: (\d+)\r\n/i.exec(head) ?? [];
    if (length === undefined) this.#state = { at: 'chunk-size' };
    else if (length === '0') this.#end();
    else this.#state = { at: 'length', leftBytes: Number(length) };
  }

  #end(): void {
    const bodyBytes = this.#bodyBytes;
    this.#bodyBytes = 0;
    this.#state = { at: 'head' };
    this.#onReply({ ...this.#head, bodyBytes });
  }

  #takeThrough(delimiter: string, use: (text: string) => void): boolean {
    // The end of a chunk's data stands before the next size.
    if (this.#state.at === 'chunk-size' && this.#rest.startsWith('\r\n')) this.#rest = this.#rest.slice(2);
    const at = this.#rest.indexOf(delimiter);
    if (at === -1) return false;
    const text = this.#rest.slice(0, at + delimiter.length);
    this.#rest = this.#rest.slice(text.length);
    use(text);
    return true;
  }

  #takeBody(state: { leftBytes: number }, end: () => void): boolean {
    const byteLength = Math.min(state.leftBytes, this.#rest.length);
    if (byteLength === 0) return false;
    this.#rest = this.#rest.slice(byteLength);
    this.#bodyBytes += byteLength;
    state.leftBytes -= byteLength;
    if (state.leftBytes === 0) end();
    return true;
  }
}
