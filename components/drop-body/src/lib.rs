//! Sends the beginning of a body, then drops the body without finishing it.

use common::*;

guest!(drop_body);

fn drop_body(_request: IncomingRequest, out: ResponseOutparam) {
    let body = start(out, 200, text_fields());
    let _ = write_and_flush(&body.write().expect("the first stream"), b"partial\n");
    drop(body);
}
