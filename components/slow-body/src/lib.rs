//! `?chunks=N&ms=M`: N chunks, each flushed, M milliseconds apart.

use common::*;

guest!(slow_body);

fn slow_body(request: IncomingRequest, out: ResponseOutparam) {
    let query = Query::of(&request);
    let (chunks, ms) = (query.number("chunks").unwrap_or(3), query.number("ms").unwrap_or(100));
    let body = start(out, 200, text_fields());
    {
        let stream = body.write().expect("the first stream");
        for index in 0..chunks {
            if index > 0 {
                poll(&[&monotonic_clock::subscribe_duration(ms * 1_000_000)]);
            }
            if write_and_flush(&stream, format!("chunk {index}\n").as_bytes()).is_err() {
                return;
            }
        }
    }
    let _ = OutgoingBody::finish(body, None);
}
