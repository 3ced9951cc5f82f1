import type { Readable } from 'node:stream';

/**
 * Calls `ended` at the moment when the producer ends `stream`, before anything else can happen to it. The `end` event comes only after everything has
 * been read, and does not tell the cause.
 */
export function onceEnded(stream: Readable, ended: () => void): void {
  const { push } = stream;
  let isEnded = false;
  stream.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
    if (chunk === null && !isEnded) {
      isEnded = true;
      ended();
    }
    return Reflect.apply(push, stream, [chunk, encoding]);
  };
}
