//! Reports the request line's parts as the guest sees them; with 405 for CONNECT, since a client takes what follows a 2xx for its tunnel.

use common::*;

guest!(head);

fn head(request: IncomingRequest, out: ResponseOutparam) {
    let or_none = |part: Option<String>| part.unwrap_or_else(|| "none".to_string());
    let mut report = String::new();
    say!(report, "method: {}", method_name(&request.method()));
    say!(report, "scheme: {}", request.scheme().as_ref().map_or("none", scheme_name));
    say!(report, "authority: {}", or_none(request.authority()));
    say!(report, "path-with-query: {}", or_none(request.path_with_query()));
    let status = if matches!(request.method(), Method::Connect) { 405 } else { 200 };
    reply(out, status, &report);
}
