import type { Readable } from 'node:stream';

/**
 * Calls `ended` in the moment when what feeds `stream` puts an end to it, before anything else can happen to the stream; its `end` event comes
 * only after all has been read, and cannot tell what was the cause.
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
