//! `?ms=M`: waits before it replies.

use common::*;

guest!(wait);

fn wait(request: IncomingRequest, out: ResponseOutparam) {
    let ms = Query::of(&request).number("ms").unwrap_or(100);
    sleep(ms);
    reply(out, 200, &format!("slept {ms}\n"));
}
