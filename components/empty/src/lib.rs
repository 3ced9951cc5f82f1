//! Replies without a body, in three ways: `?kind=none` never takes it, `finished` finishes it unwritten, `stream` takes
//! its stream and writes nothing.

use common::*;

guest!(empty);

fn empty(request: IncomingRequest, out: ResponseOutparam) {
    let query = Query::of(&request);
    match query.get("kind") {
        Some("finished") => drop(OutgoingBody::finish(start(out, 200, text_fields()), None)),
        Some("stream") => {
            let body = start(out, 200, text_fields());
            drop(body.write().expect("the first stream"));
            let _ = OutgoingBody::finish(body, None);
        }
        _ => ResponseOutparam::set(out, Ok(OutgoingResponse::new(text_fields()))),
    }
}
