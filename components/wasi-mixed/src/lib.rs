//! One component, two releases of WASI: http and its streams @0.2.0, clocks, random and stdout @0.2.12. Both are used.

use wasi::exports::http::incoming_handler::Guest;
use wasi::http::types::{Fields, IncomingRequest, OutgoingBody, OutgoingResponse, ResponseOutparam};

struct Mixed;
wasi::http::proxy::export!(Mixed);

impl Guest for Mixed {
    fn handle(_request: IncomingRequest, out: ResponseOutparam) {
        use_newer_release();
        let response = OutgoingResponse::new(Fields::new());
        let body = response.body().expect("the first body");
        ResponseOutparam::set(out, Ok(response));
        // A stream and a pollable of the older release.
        let stream = body.write().expect("the first stream");
        stream.subscribe().block();
        let _ = stream.blocking_write_and_flush(b"mixed\n");
        drop(stream);
        let _ = OutgoingBody::finish(body, None);
    }
}

/// A pollable and a stream of the newer release.
fn use_newer_release() {
    wasip2::clocks::monotonic_clock::subscribe_duration(1_000_000).block();
    let random = wasip2::random::random::get_random_bytes(4).len();
    let stdout = wasip2::cli::stdout::get_stdout();
    let _ = stdout.blocking_write_and_flush(format!("mixed: {random} random bytes\n").as_bytes());
}
