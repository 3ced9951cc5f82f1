// A handler on the bare wasi:http interfaces, as the canonical ABI's JavaScript mapping gives them.
import { Fields, OutgoingBody, OutgoingResponse, ResponseOutparam } from 'wasi:http/types@0.2.12';

export const incomingHandler = {
  handle(request, responseOut) {
    const method = request.method();
    const name = method.tag === 'other' ? method.val : method.tag.toUpperCase();
    reply(responseOut, `Hello from raw wasi:http!\n${name} ${request.pathWithQuery()}\n`);
  },
};

function reply(responseOut, text) {
  const fields = Fields.fromList([['content-type', new TextEncoder().encode('text/plain')]]);
  const response = new OutgoingResponse(fields);
  const body = response.body();
  ResponseOutparam.set(responseOut, { tag: 'ok', val: response });

  // A scope of its own: the stream is the body's child and must be gone before the body is finished.
  const stream = body.write();
  stream.blockingWriteAndFlush(new TextEncoder().encode(text));
  stream[Symbol.dispose]();
  OutgoingBody.finish(body, undefined);
}
