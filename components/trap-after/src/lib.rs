//! `?ms=M`: sends the head and the beginning of a body, waits (50 ms if not told), then traps.

use common::*;

guest!(trap_after);

fn trap_after(request: IncomingRequest, out: ResponseOutparam) {
    let body = start(out, 200, text_fields());
    let stream = body.write().expect("the first stream");
    let _ = write_and_flush(&stream, b"partial\n");
    sleep(Query::of(&request).number("ms").unwrap_or(50));
    core::arch::wasm32::unreachable();
}
