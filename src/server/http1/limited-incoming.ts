import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { BodySource } from '../../http/body-source.ts';
import { callSafely } from '../../util/bug.ts';

const MAX_READ_BYTES = 64 * 1024;

/** A request of Node's whose body is read through ours, so that the limits for clients hold and `100 Continue` is sent when somebody reads. */
export class LimitedIncoming extends Readable {
  readonly #incoming: IncomingMessage;
  readonly #body: BodySource;
  readonly #wake = (): void => callSafely(() => this.#goOn());
  #state: 'idle' | 'waiting' = 'idle';

  constructor(incoming: IncomingMessage, body: BodySource) {
    super({ highWaterMark: MAX_READ_BYTES });
    this.#incoming = incoming;
    this.#body = body;
  }

  get method(): string | undefined {
    return this.#incoming.method;
  }

  get url(): string | undefined {
    return this.#incoming.url;
  }

  get headers(): IncomingMessage['headers'] {
    return this.#incoming.headers;
  }

  get rawHeaders(): string[] {
    return this.#incoming.rawHeaders;
  }

  get rawTrailers(): string[] {
    return this.#incoming.rawTrailers;
  }

  get httpVersion(): string {
    return this.#incoming.httpVersion;
  }

  get socket(): IncomingMessage['socket'] {
    return this.#incoming.socket;
  }

  get complete(): boolean {
    return this.#incoming.complete;
  }

  override _read(): void {
    for (;;) {
      const bytes = this.#body.read(MAX_READ_BYTES);
      if (!(bytes instanceof Uint8Array)) {
        if (bytes.tag === 'closed') this.push(null);
        else this.destroy(new Error(bytes.val.message));
        return;
      }
      if (bytes.byteLength > 0) {
        if (!this.push(Buffer.from(bytes))) return;
      } else if (!this.#body.isReady()) {
        this.#wait();
        return;
      }
    }
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#body.offReady(this.#wake);
    callback(error);
  }

  #wait(): void {
    if (this.#state === 'waiting') return;
    this.#state = 'waiting';
    this.#body.onReady(this.#wake);
  }

  #goOn(): void {
    if (!this.#body.isReady()) return;
    this.#state = 'idle';
    this.#body.offReady(this.#wake);
    this._read();
  }
}
