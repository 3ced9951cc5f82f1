//! Stands before another handler: says on stdout what it passes on, before and after; answers `/refused` itself.

use common::*;

wit_bindgen::generate!({
    path: "wit",
    world: "before",
    with: { "wasi:http/types@0.2.12": common::wasip2::http::types },
    generate_all,
});

guest!(handle);

fn handle(request: IncomingRequest, out: ResponseOutparam) {
    let path = request.path_with_query().unwrap_or_default();
    if path.starts_with("/refused") {
        return reply(out, 403, "refused by the middleware\n");
    }
    println!("before {path}");
    wasi::http::incoming_handler::handle(request, out);
    println!("after {path}");
}
