//! Sends a body and returns with it neither finished nor dropped.

use common::*;

guest!(leave_body);

fn leave_body(_request: IncomingRequest, out: ResponseOutparam) {
    let body = start(out, 200, text_fields());
    let stream = body.write().expect("the first stream");
    let _ = write_and_flush(&stream, b"all there is\n");
    std::mem::forget((body, stream));
}
