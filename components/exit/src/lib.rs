//! Calls `wasi:cli/exit` before it has set a response: with `?ok` as a success, else as a failure.

use common::wasip2::cli::exit::exit;
use common::*;

guest!(leave);

fn leave(request: IncomingRequest, _out: ResponseOutparam) {
    exit(if Query::of(&request).has("ok") { Ok(()) } else { Err(()) });
}
