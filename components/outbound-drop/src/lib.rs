//! `?url=U`: starts an outbound request and drops its future without waiting.

use common::*;

guest!(outbound_drop);

fn outbound_drop(request: IncomingRequest, out: ResponseOutparam) {
    let query = Query::of(&request);
    let Some(outgoing) = request_to(query.get("url").unwrap_or_default(), &Method::Get, Fields::new()) else {
        return reply_bad_url(out);
    };
    drop(outgoing_handler::handle(outgoing, None));
    reply(out, 200, "dropped\n");
}
